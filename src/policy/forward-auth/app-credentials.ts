import { LRUCache } from 'lru-cache'
import { containsApiKey, isApiKey } from '../../crypto/api-keys.ts'
import { decodeClaims } from '../../crypto/jwt.ts'
import { cookieValues } from '../requests/cookie-values.ts'

/** The headers of a request that may carry credentials. */
export type CredentialHeaders = {
  authorization?: string | undefined, cookie?: string | undefined, 'x-api-key'?: string | string[] | undefined
}

/** The names of Flowgate's cookies, and the issuers of its tokens. */
export type Own = {
  cookies: { access: string, refresh: string, all: readonly string[] }
  issuers: readonly string[]
}

/** The credentials in a request to an app. Apps use the same headers for their own credentials. */
export type AppCredentials = {
  /** A text with the form of an API key of Flowgate. */
  apiKey: string | undefined
  /** A bearer token that says that it is one of Flowgate's. Tokens of the app are none. */
  bearer: string | undefined
  accessCookies: readonly string[]
  refreshCookies: readonly string[]
  /** What the app may see: the same headers without Flowgate's credentials. */
  remaining: { authorization: () => string, cookie: () => string, apiKey: () => string }
}

/**
 * An API key in HTTP Basic authentication (RFC 7617, 2): the password, or the username if there is no password. Git and
 * package managers send one of the two.
 */
function basicKey (text: string): string | undefined {
  const colon = text.indexOf(':')
  const [user, password] = colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  return [password, user].find(isApiKey)
}

/** The Cookie header without the cookies of these names (RFC 6265, 4.2.1). */
function withoutCookies (header: string, names: readonly string[]): string {
  if (!names.some(name => header.includes(name))) return header
  return header.split(';').filter(pair => !names.includes((pair.split('=', 1)[0] ?? '').trim())).join(';').trim()
}

/** Tokens are read once for many requests. */
const claims = new LRUCache<string, { iss?: unknown, type?: unknown }>({ max: 1000 })

function claimsOf (token: string) {
  const known = claims.get(token)
  if (known) return known
  let found
  try {
    const { iss, type } = decodeClaims(token)
    found = { iss, type }
  } catch {
    found = {}
  }
  claims.set(token, found)
  return found
}

/** Whether a token says that it is an access or refresh token of Flowgate. Identity tokens have no `type`. */
function isOwnToken (token: string, issuers: readonly string[]): boolean {
  const { iss, type } = claimsOf(token)
  return typeof iss === 'string' && issuers.includes(iss) && (type === 'access' || type === 'refresh')
}

/** Whether a text contains a key or a token of Flowgate: in a wrong place it is no credential, but not for the app. */
const hasOwn = (text: string, issuers: readonly string[]): boolean => containsApiKey(text) ||
  (text.includes('eyJ') && text.split(/[^\w.-]+/).some(part => isOwnToken(part, issuers)))

/** Reads the credentials. A header that contains a key or a token of Flowgate is never left for the app. */
export function readAppCredentials (headers: CredentialHeaders, { cookies, issuers }: Own): AppCredentials {
  const { authorization = '', cookie = '' } = headers
  const header = headers['x-api-key']?.toString() ?? ''
  const [, scheme = '', value = ''] = /^(bearer|basic)\s+(\S+)\s*$/i.exec(authorization) ?? []
  const isBearer = scheme.toLowerCase() === 'bearer'
  const basic = scheme === '' || isBearer ? '' : Buffer.from(value, 'base64').toString()
  const bearerKey = isBearer && isApiKey(value) ? value : undefined
  const bearer = isBearer && isOwnToken(value, issuers) ? value : undefined
  return {
    apiKey: isApiKey(header) ? header : bearerKey ?? basicKey(basic),
    bearer,
    accessCookies: cookieValues(cookie, cookies.access),
    refreshCookies: cookieValues(cookie, cookies.refresh),
    remaining: {
      authorization: () => bearer !== undefined || hasOwn(`${authorization} ${basic}`, issuers) ? '' : authorization,
      cookie: () => withoutCookies(cookie, cookies.all),
      apiKey: () => hasOwn(header, issuers) ? '' : header
    }
  }
}
