import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fp from 'fastify-plugin'
import helmet from 'helmet'
import { MalformedRequest } from '../errors.ts'

/** What every answer says to browsers. Worked out once: nothing in it depends on the request. */
function browserHeaders (): OutgoingHttpHeaders {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"]
      }
    },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // Only https makes sense of it, and only the operator knows that it will stay.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    // For browsers and plug-ins that are gone.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false
  })(response.req, response, error => { if (error) throw error })
  return response.getHeaders()
}

/** Headers, cookies and cross-origin rules that hold for every route. */
export const securityPlugin = fp(async app => {
  const { config } = app
  // Answers are personal unless a route says otherwise (RFC 9111, 5.2.2.5).
  const headers = { ...browserHeaders(), 'cache-control': 'no-store' }
  app.addHook('onRequest', async (_, reply) => { reply.headers(headers) })
  await app.register(fastifyCookie)
  // Plain text and forms are what a page of another site may send without asking (Fetch, 2.2.2): nothing here takes
  // the one, and plugins/forms.ts the others where they belong.
  app.removeContentTypeParser('text/plain')
  if (config.corsOrigins.length > 0) {
    await app.register(fastifyCors, {
      origin: config.corsOrigins.includes('*') ? '*' : config.corsOrigins,
      credentials: config.corsAllowCredentials && !config.corsOrigins.includes('*'),
      methods: config.corsAllowMethods,
      allowedHeaders: config.corsAllowHeaders,
      maxAge: 600
    })
  }
  app.addHook('onRequest', async ({ raw: { httpVersion, headers } }) => {
    if (headers.host === undefined && httpVersion === '1.1') throw new MalformedRequest() // RFC 9112, 3.2
  })
}, { name: 'security', dependencies: ['config'] })
