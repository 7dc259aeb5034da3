import type { IncomingHttpHeaders } from 'node:http'
import { API_KEY_PREFIX } from '../../crypto/api-keys.ts'

/** How a client of an OAuth endpoint authenticates. */
export type ClientCredentials = { bearer: string | undefined, headerKey: string | undefined }

/** The password of HTTP Basic authentication (RFC 7617, 2); undefined for another scheme. Empty if it is malformed. */
function basicPassword (authorization: string | undefined): string | undefined {
  const [, encoded] = /^basic\s+(\S*)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon === -1 ? '' : text.slice(colon + 1)
}

/**
 * The credentials of a client of an OAuth endpoint: an API key as the password of HTTP Basic authentication
 * (client_secret_basic, RFC 6749, 2.3.1) or as bearer token, an access token, or the header of API keys. Cookies do not
 * count: a browser sends them for pages of other sites, too.
 * @param bearer the token of the Authorization header, if its scheme is Bearer
 * @param headerKey the API key header
 */
export function clientCredentials (
  { authorization }: IncomingHttpHeaders, bearer: string | undefined, headerKey: string | undefined
): ClientCredentials {
  const password = basicPassword(authorization)
  if (password !== undefined) return { bearer: undefined, headerKey: password }
  return bearer?.startsWith(API_KEY_PREFIX) ? { bearer: undefined, headerKey: bearer } : { bearer, headerKey }
}
