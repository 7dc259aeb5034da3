import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { isLoopback } from '../../config.ts'
import { type FailureDetails, ForeignOrigin, HostNotAllowed } from '../../errors.ts'
import { type HostAndPort, isDefaultPort, writeHost } from '../../policy/requests/host-addresses.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** For requests that a cookie authenticates. @throws ForeignOrigin if a page of another site sent a change */
    assertOwnOrigin: (request: FastifyRequest) => void
    /** The same as a guard. */
    requireOwnOrigin: onRequestHookHandler
    /**
     * For requests that act without any credential.
     * @throws ForeignOrigin if a page of another site sent it, HostNotAllowed if it names another host than this one
     */
    assertOwnPage: (request: FastifyRequest) => void
    /** The same as the guard of the route that signs in without a credential; it passes while auto login is off. */
    guardAutoLogin: onRequestHookHandler
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Host names in one spelling: no brackets, no final dot, no case; IPv4 in IPv6 as IPv4. */
const bare = (host: string) => host.toLowerCase().replace(/^\[|\]$|\.$/g, '').replace(/^::ffff:(?=\d+\.)/, '')

/** `80` and `443` as no port: a URL leaves them out. */
const portOf = (port: string) => isDefaultPort(port) ? '' : port

/**
 * Whether a page's origin names this host. Where the host has no port, as behind proxies that drop it, the names
 * decide: a browser sends its cookies to every port of a host (RFC 6265, 8.5).
 */
function isOriginOf (origin: string, { name, port }: HostAndPort): boolean {
  const address = `http://${name}`
  if (!URL.canParse(origin) || !URL.canParse(address)) return false
  const page = new URL(origin)
  if (page.hostname !== new URL(address).hostname) return false
  return port === '' || portOf(page.port) === portOf(port)
}

/** Most characters of a header in an answer. */
const SHOWN_LENGTH_MAX = 200

const hint = 'Behind a proxy, pass the Host header of the client on, or send it as X-Forwarded-Host and name the ' +
  'proxy in LANGFLOW_TRUSTED_PROXIES. For pages of another site, name their origin in LANGFLOW_CORS_ORIGINS and set ' +
  'LANGFLOW_CORS_ALLOW_CREDENTIALS.'

/** The refusal says what was compared, so that the operator of a proxy can see which of the two is wrong. */
function foreign ({ headers, reached }: FastifyRequest, details: FailureDetails = {}) {
  const { origin, 'sec-fetch-site': site } = headers
  const page = origin === undefined ? 'without an Origin' : `of the origin ${origin.slice(0, SHOWN_LENGTH_MAX)}`
  const host = writeHost(reached.host).slice(0, SHOWN_LENGTH_MAX) || 'without a name'
  const relation = site === undefined ? '' : `; the browser calls it ${site.slice(0, 20)} (Sec-Fetch-Site)`
  return new ForeignOrigin(`A page ${page} sent the request to the host ${host}${relation}`, { hint, ...details })
}

/**
 * Guards what a browser authenticates on its own against cross-site request forgery and DNS rebinding. A browser names
 * the page's relation in Sec-Fetch-Site (W3C Fetch Metadata), older ones its origin; a client that sends neither is not
 * a browser.
 */
export const originPlugin = fp(async app => {
  const { autoLogin, corsAllowCredentials, corsOrigins, host: listenHost, allowedHosts } = app.config
  const withCookies = new Set(corsAllowCredentials ? corsOrigins : [])
  const named = new Set(corsOrigins)
  const ownHosts = new Set([listenHost, ...allowedHosts].map(bare))

  const isOwn = ({ headers, reached }: FastifyRequest, allowed: Set<string>) => {
    const { origin, 'sec-fetch-site': site } = headers
    if (origin !== undefined && allowed.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    // The scheme may have been ended at a proxy that is not trusted: the host decides.
    return origin === undefined || isOriginOf(origin, reached.host)
  }

  /** Another name could resolve to this machine only for the page that sent the request (DNS rebinding). */
  const isOwnHost = ({ reached, socket }: FastifyRequest) => {
    const name = bare(reached.host.name)
    return isLoopback(name) || ownHosts.has(name) || name === bare(socket.localAddress ?? '')
  }

  const assertOwnOrigin = (request: FastifyRequest) => {
    if (!safeMethods.has(request.method) && !isOwn(request, withCookies)) throw foreign(request)
  }
  const pageFailure = (request: FastifyRequest, details: FailureDetails = {}) => {
    if (!isOwn(request, named)) return foreign(request, details)
    return isOwnHost(request)
      ? undefined
      : new HostNotAllowed(undefined, { ...details, hint: 'Add the host name to LANGFLOW_ALLOWED_HOSTS.' })
  }
  app.decorate('assertOwnOrigin', assertOwnOrigin)
  app.decorate('requireOwnOrigin', async request => assertOwnOrigin(request))
  app.decorate('assertOwnPage', request => {
    const failure = pageFailure(request)
    if (failure) throw failure
  })
  app.decorate('guardAutoLogin', (request, _reply, done) => {
    const message = 'Auto login answers only pages and host names of this server.'
    done(autoLogin ? pageFailure(request, { detail: { message, auto_login: true } }) : undefined)
  })
}, { name: 'origin', dependencies: ['config', 'forwarded'] })
