import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Origin } from '../services/sessions.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from './cookies.ts'

/** Name of the header, and of the parameter, that carries an API key. */
export const API_KEY_NAME = 'x-api-key'

/** What a request carries to say who it is, unread; empty ones count as absent. */
export type Credentials = {
  bearer: string | undefined
  accessCookie: string | undefined
  refreshCookie: string | undefined
  /** API keys: in the URL, where they do not belong, and in their header. */
  queryKey: string | undefined
  headerKey: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly credentials: Credentials
    /** Where the request comes from: what a session remembers of its sign-in. */
    readonly client: Origin
  }
}

/**
 * The token of an Authorization header (RFC 6750, 2.1). Other schemes are none of ours and are passed over; a Bearer
 * without a token, or with two words, is present and bad: no such token is good.
 */
function bearerToken (authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^bearer(?:\s|$)/i.test(authorization)) return undefined
  return authorization.slice('bearer'.length).trim()
}

/** One text, whatever was sent: a parameter or header given twice is present and bad, as the comma says. */
const single = (value: unknown) => value === undefined || value === '' ? undefined : String(value)

/** `request.credentials` and `request.client`, read when asked for. */
export const credentialsPlugin = fp(async app => {
  app.decorateRequest('credentials', {
    getter (this: FastifyRequest) {
      const { authorization, cookie, [API_KEY_NAME]: headerKey } = this.headers
      const cookies = cookie === undefined ? {} : app.parseCookie(cookie)
      return {
        bearer: bearerToken(authorization),
        accessCookie: cookies[ACCESS_COOKIE] || undefined,
        refreshCookie: cookies[REFRESH_COOKIE] || undefined,
        queryKey: single((this.query as Record<string, unknown>)[API_KEY_NAME]), // Fastify's parser makes an object
        headerKey: single(headerKey)
      }
    }
  })
  app.decorateRequest('client', {
    getter (this: FastifyRequest) {
      return { address: this.reached.address, userAgent: this.headers['user-agent'] }
    }
  })
}, { name: 'credentials', dependencies: ['cookies'] })
