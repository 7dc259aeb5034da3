const jwt = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/
const apiKey = /^["'<]*sk-/
const quoted = /^["'<]|["'>]$|\s/

const hints = {
  keyPlace: 'This is an API key: send it in the header `x-api-key`, without `Bearer`.',
  tokenPlace: 'This is an access token: send it as `Authorization: Bearer <token>`.',
  scheme: 'The scheme is missing: send `Authorization: Bearer <token>`.',
  twice: 'The header contains `Bearer` twice: send `Authorization: Bearer <token>`.',
  bearerKey: 'Send only the API key in `x-api-key`, without `Bearer`.',
  quotes: 'The credential contains quotes or blanks: send it without them.',
  several: 'The request has several `x-api-key` headers with different keys: send one.',
  placeholder: 'The client sent a placeholder instead of a token: sign in first, or check its variable.',
  basic: 'Basic authentication is not supported: sign in with POST /api/v1/login, or send an API key as `x-api-key`.'
}

/** Hint for a bearer token that is not a JWT. */
function bearerHint (token: string): string | undefined {
  if (/^bearer(?:\s|$)/i.test(token)) return hints.twice
  if (apiKey.test(token)) return hints.keyPlace
  if (/^(?:undefined|null|none|\{.*\}|\$.*)$/i.test(token)) return hints.placeholder
  return quoted.test(token) ? hints.quotes : undefined
}

/** Hint for an Authorization header with another scheme or without a scheme. */
function authorizationHint (text: string): string | undefined {
  const [, scheme = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(text) ?? []
  if (scheme.toLowerCase() === 'basic') {
    const parts = Buffer.from(rest, 'base64').toString('latin1').split(':')
    return parts.some(part => apiKey.test(part)) ? hints.keyPlace : hints.basic
  }
  if (apiKey.test(text) || apiKey.test(rest)) return hints.keyPlace
  if (jwt.test(text.replaceAll(/["']/g, ''))) return hints.scheme
  return jwt.test(rest) ? hints.tokenPlace : undefined
}

function apiKeyHint (key: string): string | undefined {
  if (/^bearer\s/i.test(key)) return jwt.test(key.slice('bearer'.length).trim()) ? hints.tokenPlace : hints.bearerKey
  if (jwt.test(key)) return hints.tokenPlace
  if (/^sk-\w+, ?sk-/.test(key)) return hints.several
  return quoted.test(key) ? hints.quotes : undefined
}

/**
 * Describes the most likely mistake in a rejected credential. Never contains a part of the credential.
 * @param sent the Authorization header, its bearer token and the API key, as they were sent
 * @returns undefined if the cause is unknown
 */
export function credentialHint (
  sent: { authorization?: string | undefined, bearer?: string | undefined, apiKey?: string | undefined }
): string | undefined {
  if (sent.bearer !== undefined) return bearerHint(sent.bearer)
  if (sent.apiKey !== undefined) return apiKeyHint(sent.apiKey)
  return sent.authorization === undefined ? undefined : authorizationHint(sent.authorization)
}
