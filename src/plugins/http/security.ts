import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fp from 'fastify-plugin'
import helmet from 'helmet'
import { MalformedRequest } from '../../errors.ts'

type Directives = Record<string, string[]>

/** What an answer says to browsers. Worked out at boot: nothing in it depends on the request. */
function browserHeaders (directives: Directives, { isPage }: { isPage: boolean }): OutgoingHttpHeaders {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // These two say something about documents alone.
    crossOriginOpenerPolicy: isPage,
    originAgentCluster: isPage,
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

/** An answer of the API is no page: whatever it holds, a browser runs and loads nothing of it. */
const dataHeaders = browserHeaders({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, { isPage: false })

/** What a page may load and do: everything from here, nothing from elsewhere. */
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
    /** Headers of a web page, instead of those of data. */
    pageHeaders: OutgoingHttpHeaders
  }
}

/** Headers, cookies and cross-origin rules that hold for every route. */
export const securityPlugin = fp(async app => {
  const { config } = app
  // Answers are personal unless a route says otherwise (RFC 9111, 5.2.2.5).
  const headers = { ...dataHeaders, 'cache-control': 'no-store' }
  app.decorate('pageHeaders', pageHeaders)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id)
    const { httpVersion, headers: { host } } = request.raw
    done(host === undefined && httpVersion === '1.1' ? new MalformedRequest() : undefined) // RFC 9112, 3.2
  })
  // Parsed and written where cookies are: its hooks would cost every request that has none.
  await app.register(fastifyCookie, { hook: false })
  // Plain text and forms are what a page of another site may send without asking (Fetch, 2.2.2): nothing here takes
  // the one, and plugins/http/forms.ts the others where they belong.
  app.removeContentTypeParser('text/plain')
  if (config.corsOrigins.length > 0) {
    await app.register(fastifyCors, {
      origin: config.corsOrigins.includes('*') ? '*' : config.corsOrigins,
      credentials: config.corsAllowCredentials && !config.corsOrigins.includes('*'),
      methods: config.corsAllowMethods.map(method => method.toUpperCase()), // browsers compare case
      allowedHeaders: config.corsAllowHeaders,
      maxAge: 600
    })
  }
}, { name: 'security', dependencies: ['config'] })
