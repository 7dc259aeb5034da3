import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { ForeignOrigin } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** @throws ForeignOrigin when a page of another site made a browser send the request */
    assertOwnOrigin: (request: FastifyRequest) => void
    /** The same as a guard. */
    requireOwnOrigin: onRequestHookHandler
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Guards what cookies authenticate against cross-site request forgery. A browser names the page's relation in
 * Sec-Fetch-Site (W3C Fetch Metadata), older ones its origin; a client that sends neither is not a browser.
 */
export const originPlugin = fp(async app => {
  const allowed = new Set(app.config.corsAllowCredentials ? app.config.corsOrigins : [])

  const isOwn = ({ headers, host }: FastifyRequest) => {
    const { origin, 'sec-fetch-site': site } = headers
    if (origin !== undefined && allowed.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin === undefined) return true
    // The scheme may have been ended at a proxy that is not trusted: the host decides.
    return URL.canParse(origin) && new URL(origin).host === host
  }

  const assertOwnOrigin = (request: FastifyRequest) => {
    if (!safeMethods.has(request.method) && !isOwn(request)) throw new ForeignOrigin()
  }
  app.decorate('assertOwnOrigin', assertOwnOrigin)
  app.decorate('requireOwnOrigin', async request => assertOwnOrigin(request))
}, { name: 'origin', dependencies: ['config'] })
