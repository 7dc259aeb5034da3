import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { isLoopback } from '../../config.ts'
import { type FailureDetails, ForeignOrigin, HostNotAllowed } from '../../errors.ts'
import { writeHost } from '../../policy/requests/host-addresses.ts'
import { isFromOwnPage, safeMethods } from '../../policy/requests/origins.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * For requests authenticated by a cookie.
     * @throws ForeignOrigin if a page of another site sent a request that changes something
     */
    assertOwnOrigin: (request: FastifyRequest) => void
    /** The same as a hook. */
    requireOwnOrigin: onRequestHookHandler
    /**
     * For requests that act without a credential.
     * @throws ForeignOrigin if a page of another site sent it; HostNotAllowed if it has an unknown host name
     */
    assertOwnPage: (request: FastifyRequest) => void
    /** The same as a hook of the auto login route. Does nothing while auto login is off. */
    guardAutoLogin: onRequestHookHandler
  }
}

/** Normalizes a host name: lower case, without brackets and final dot, IPv4-mapped addresses as IPv4. */
const bare = (host: string) => host.toLowerCase().replace(/^\[|\]$|\.$/g, '').replace(/^::ffff:(?=\d+\.)/, '')

/** The maximum number of characters of a header in a response. */
const SHOWN_LENGTH_MAX = 200

const hint = 'Behind a proxy, set LANGFLOW_PUBLIC_URL to the URL that clients use, or pass the Host header of the ' +
  'client on. For pages of another site, name their origin in LANGFLOW_CORS_ORIGINS and set ' +
  'LANGFLOW_CORS_ALLOW_CREDENTIALS.'

const hostHint = 'Add the host name to LANGFLOW_ALLOWED_HOSTS, or set LANGFLOW_PUBLIC_URL to the URL that clients use.'

/** Names what was compared, so that the operator of a proxy can see which of the two is wrong. */
function foreign ({ headers, reached }: FastifyRequest, details: FailureDetails = {}) {
  const { origin, 'sec-fetch-site': site } = headers
  const page = origin === undefined ? 'without an Origin' : `of the origin ${origin.slice(0, SHOWN_LENGTH_MAX)}`
  const host = writeHost(reached.host).slice(0, SHOWN_LENGTH_MAX) || 'without a name'
  const relation = site === undefined ? '' : `; the browser calls it ${site.slice(0, 20)} (Sec-Fetch-Site)`
  return new ForeignOrigin(`A page ${page} sent the request to the host ${host}${relation}`, { hint, ...details })
}

/**
 * Protects requests that browsers authenticate automatically from cross-site request forgery and DNS rebinding.
 * Browsers send Sec-Fetch-Site (W3C Fetch Metadata), older ones Origin. A client that sends neither is not a browser.
 */
export const originPlugin = fp(async app => {
  const { autoLogin, corsAllowCredentials, corsOrigins, host: listenHost, allowedHosts, publicOrigin } = app.config
  const own = publicOrigin === undefined ? [] : [publicOrigin]
  const withCookies = new Set([...own, ...corsAllowCredentials ? corsOrigins : []])
  const named = new Set([...own, ...corsOrigins])
  const ownHosts = new Set([listenHost, ...allowedHosts, ...own.map(origin => new URL(origin).hostname)].map(bare))

  const isOwn = ({ headers, reached }: FastifyRequest, allowed: Set<string>) =>
    isFromOwnPage(headers, reached.host, allowed)

  /** Rejects host names that resolve to this machine only for the page that sent the request (DNS rebinding). */
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
      : new HostNotAllowed(undefined, { ...details, hint: hostHint })
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
