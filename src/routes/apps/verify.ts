import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Admitted, appCredential as security, Redirected } from '../../schemas/apps/verify.ts'
import { failures } from '../../schemas/common.ts'

const tags = ['protected apps']

/** The questions of proxies. All methods are accepted, and bodies are not read. */
export const verifyRoutes: FastifyPluginAsyncTypebox = async app => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
  // LANGFLOW_CORS_ORIGINS is about this server. A preflight that Envoy asks about is one of an app.
  const config = { requires: 'nothing', cors: false, isForBrowsers: false } as const
  // Proxies pass failures on to browsers.
  app.setErrorHandler((error, _request, reply) => {
    reply.headers(app.dataHeaders)
    throw error
  })

  app.get('', {
    config,
    schema: {
      operationId: 'verify',
      tags,
      summary: 'Decide whether a request to an app may pass: Traefik, Caddy, HAProxy',
      description: 'Reads X-Forwarded-Method, -Proto, -Host, -Uri and -For of a proxy in LANGFLOW_TRUSTED_PROXIES.',
      security,
      response: { 200: Admitted, 302: Redirected, ...failures(401, 403) }
    }
  }, app.answerProxy('forwarded'))

  app.get('/nginx', {
    config,
    schema: {
      operationId: 'verifyForNginx',
      tags,
      summary: 'The same for `auth_request` of nginx: never a redirect',
      security,
      response: { 200: Admitted, ...failures(401, 403) }
    }
  }, app.answerProxy('nginx'))

  const others = app.supportedMethods.filter(method => method !== 'GET' && method !== 'HEAD')
  const hidden = { config, schema: { hide: true } } as const
  app.route({ method: others, url: '', ...hidden, handler: app.answerProxy('forwarded') })
  app.route({ method: others, url: '/nginx', ...hidden, handler: app.answerProxy('nginx') })
  // For the client of nginx whose request was refused.
  app.all('/denied', { ...hidden }, app.answerProxy('denied'))
  // Envoy appends the path of the request, and sends its method.
  app.all('/envoy', { ...hidden }, app.answerProxy('envoy'))
  app.all('/envoy/*', { ...hidden }, app.answerProxy('envoy'))
}
