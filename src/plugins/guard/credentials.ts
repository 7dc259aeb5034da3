import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { cookieValues } from '../../policy/requests/cookie-values.ts'
import { clientCredentials } from '../oauth/client-credentials.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from './cookies.ts'

/** The name of the header and of the query parameter that carry an API key. */
export const API_KEY_NAME = 'x-api-key'

/** The credentials of a request, not verified. Empty ones count as absent. */
export type Credentials = {
  bearer: string | undefined
  /** The distinct values of the cookies with this name. */
  accessCookies: readonly string[]
  refreshCookies: readonly string[]
  /** API keys in the query, which is discouraged, and in the header. */
  queryKey: string | undefined
  headerKey: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly credentials: Credentials
  }
}

/**
 * The token of an Authorization header (RFC 6750, 2.1). Other schemes are ignored. A Bearer header without a token, or
 * with two words, yields an invalid token.
 */
function bearerToken (authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^bearer(?:\s|$)/i.test(authorization)) return undefined
  return authorization.slice('bearer'.length).trim()
}

/**
 * The value of a header or parameter. Repetitions of the same value count once (Node.js joins header lines with
 * commas); different values yield an invalid credential.
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
      const bearer = bearerToken(authorization)
      if (this.takesClientCredentials) {
        const sent = clientCredentials(this.headers, bearer, single(headerKey))
        return { ...sent, accessCookies: [], refreshCookies: [], queryKey: undefined }
      }
      return {
        bearer,
        accessCookies: cookieValues(cookie, ACCESS_COOKIE),
        refreshCookies: cookieValues(cookie, REFRESH_COOKIE),
        queryKey: single((this.query as Record<string, unknown>)[API_KEY_NAME]), // the query parser returns an object
        headerKey: single(headerKey)
      }
    }
  })
}, { name: 'credentials', dependencies: ['cookies', 'oauth'] })
