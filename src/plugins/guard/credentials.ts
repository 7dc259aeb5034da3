import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { cookieValues } from '../../policy/requests/cookie-values.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from './cookies.ts'

/** Name of the header, and of the parameter, that carries an API key. */
export const API_KEY_NAME = 'x-api-key'

/** What a request carries to say who it is, unread; empty ones count as absent. */
export type Credentials = {
  bearer: string | undefined
  /** Distinct values of the cookies of one name. */
  accessCookies: readonly string[]
  refreshCookies: readonly string[]
  /** API keys: in the URL, where they do not belong, and in their header. */
  queryKey: string | undefined
  headerKey: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly credentials: Credentials
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

/**
 * One text, whatever was sent. A parameter or header that is repeated with the same value counts once (Node joins
 * lines of a header by commas); with different values it is present and bad.
 */
function single (value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  const text = String(value)
  if (!text.includes(',')) return text
  const [first, ...others] = new Set(text.split(',').map(part => part.trim()))
  return others.length === 0 ? first : text
}

/** `request.credentials`, read on first use. */
export const credentialsPlugin = fp(async app => {
  app.decorateRequest('credentials', {
    getter (this: FastifyRequest) {
      const { authorization, cookie, [API_KEY_NAME]: headerKey } = this.headers
      return {
        bearer: bearerToken(authorization),
        accessCookies: cookieValues(cookie, ACCESS_COOKIE),
        refreshCookies: cookieValues(cookie, REFRESH_COOKIE),
        queryKey: single((this.query as Record<string, unknown>)[API_KEY_NAME]), // Fastify's parser makes an object
        headerKey: single(headerKey)
      }
    }
  })
}, { name: 'credentials', dependencies: ['cookies'] })
