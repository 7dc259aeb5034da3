import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { isLoopback } from '../config.ts'
import { type FailureDetails, ForeignOrigin, HostNotAllowed } from '../errors.ts'

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

  const isOwn = ({ headers, host }: FastifyRequest, allowed: Set<string>) => {
    const { origin, 'sec-fetch-site': site } = headers
    if (origin !== undefined && allowed.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin === undefined) return true
    // The scheme may have been ended at a proxy that is not trusted: the host decides.
    return URL.canParse(origin) && new URL(origin).host === host
  }

  /** Another name could resolve to this machine only for the page that sent the request (DNS rebinding). */
  const isOwnHost = ({ hostname, socket }: FastifyRequest) => {
    const name = bare(hostname)
    return isLoopback(name) || ownHosts.has(name) || name === bare(socket.localAddress ?? '')
  }

  const assertOwnOrigin = (request: FastifyRequest) => {
    if (!safeMethods.has(request.method) && !isOwn(request, withCookies)) throw new ForeignOrigin()
  }
  const pageFailure = (request: FastifyRequest, details: FailureDetails = {}) => {
    if (!isOwn(request, named)) return new ForeignOrigin(undefined, details)
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
}, { name: 'origin', dependencies: ['config'] })
