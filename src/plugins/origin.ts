import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ForeignOrigin } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses a request that a page of another site made a browser send. */
    requireOwnOrigin: (request: FastifyRequest) => Promise<void>
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

  app.decorate('requireOwnOrigin', async request => {
    if (!safeMethods.has(request.method) && !isOwn(request)) throw new ForeignOrigin()
  })
}, { name: 'origin', dependencies: ['config'] })
