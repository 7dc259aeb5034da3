import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fp from 'fastify-plugin'
import helmet from 'helmet'
import { MalformedRequest } from '../../errors.ts'

type Directives = Record<string, string[]>

/** The headers of a response for browsers. They do not depend on the request, so they are computed at boot. */
function browserHeaders (directives: Directives, { isPage }: { isPage: boolean }): OutgoingHttpHeaders {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // These two headers apply to documents only.
    crossOriginOpenerPolicy: isPage,
    originAgentCluster: isPage,
    // Applies to https only, and only the operator knows whether https remains available.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    // For obsolete browsers and plug-ins.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false
  })(response.req, response, error => { if (error) throw error })
  return response.getHeaders()
}

/** Headers of API responses: a browser must not run or load anything from them. */
const dataHeaders = browserHeaders({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, { isPage: false })

/** Headers of pages: they load resources from this server only. */
const pageHeaders = browserHeaders({
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"]
}, { isPage: true })

declare module 'fastify' {
  interface FastifyInstance {
    /** The headers of a web page. */
    pageHeaders: OutgoingHttpHeaders
    /** The headers of every other response that a browser may receive. */
    dataHeaders: OutgoingHttpHeaders
  }
  interface FastifyContextConfig {
    /** False: the responses have no headers for browsers, unless the route adds them. */
    isForBrowsers?: boolean
  }
}

/** Security headers, cookies and CORS for every route. */
export const securityPlugin = fp(async app => {
  const { config } = app
  // By default a response must not be stored, because it may be personal (RFC 9111, 5.2.2.5).
  const plain = { 'cache-control': 'no-store' }
  const headers = { ...dataHeaders, ...plain }
  app.decorate('pageHeaders', pageHeaders)
  app.decorate('dataHeaders', dataHeaders)
  app.addHook('onRequest', (request, reply, done) => {
    const { isForBrowsers = true } = request.routeOptions.config
    reply.headers(isForBrowsers ? headers : plain).header('x-request-id', request.id)
    const { httpVersion, headers: { host } } = request.raw
    done(host === undefined && httpVersion === '1.1' ? new MalformedRequest() : undefined) // RFC 9112, 3.2
  })
  // Cookies are parsed where they are needed. The hooks of the plugin would cost time in every request.
  await app.register(fastifyCookie, { hook: false })
  // Pages of other sites may send plain text and forms without a preflight request (Fetch, 2.2.2). No route accepts
  // plain text, and plugins/http/forms.ts restricts forms to their routes.
  app.removeContentTypeParser('text/plain')
  if (config.corsOrigins.length > 0) {
    await app.register(fastifyCors, {
      origin: config.corsOrigins.includes('*') ? '*' : config.corsOrigins,
      credentials: config.corsAllowCredentials && !config.corsOrigins.includes('*'),
      methods: config.corsAllowMethods.map(method => method.toUpperCase()), // browsers compare methods case-sensitively
      allowedHeaders: config.corsAllowHeaders,
      maxAge: 600
    })
  }
}, { name: 'security', dependencies: ['config'] })
