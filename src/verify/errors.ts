const KINDS = {
  missing_token: { status: 401, message: 'A bearer token is required' },
  invalid_token: { status: 401, message: 'The token is not valid' },
  expired_token: { status: 401, message: 'The token has expired' },
  insufficient_scope: { status: 403, message: 'The token does not have the required scope' },
  insufficient_group: { status: 403, message: 'The account is in none of the required groups' },
  insufficient_access: { status: 403, message: 'The account does not have the required access level' },
  unavailable: { status: 503, message: 'The keys that verify tokens are not available' }
} as const

export type VerificationErrorCode = keyof typeof KINDS

type Details = {
  /** Why the token was refused, for logs. Contains no part of the token. */
  reason?: string | undefined
  cause?: unknown
  /** With insufficient_scope: what the route requires. */
  scopes?: readonly string[] | undefined
  /** With unavailable: when the next attempt can succeed. */
  retryAfterSeconds?: number
}

/** RFC 6750 has two error codes for tokens. A request without a token gets none (section 3.1). */
const oauthError = (status: 401 | 403) => status === 401 ? 'invalid_token' : 'insufficient_scope'

/** The characters that RFC 6750 allows in a scope, and blanks between scopes. */
const scopeText = (scopes: readonly string[]) => scopes.join(' ').replace(/[^\x20-\x7e]|["\\]/g, '')

function challenge (code: VerificationErrorCode, status: 401 | 403, message: string, scopes: readonly string[]) {
  if (code === 'missing_token') return 'Bearer'
  const scope = code === 'insufficient_scope' ? `, scope="${scopeText(scopes)}"` : ''
  return `Bearer error="${oauthError(status)}", error_description="${message}"${scope}`
}

/**
 * A request that cannot be authenticated or authorized. Fastify and Express answer it with `status` and `headers`:
 * `www-authenticate` (RFC 6750) with 401 and 403, `retry-after` with 503.
 */
export class VerificationError extends Error {
  readonly code: VerificationErrorCode
  readonly status: 401 | 403 | 503
  /** The name that Fastify and http-errors read. */
  readonly statusCode: 401 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly reason: string | undefined

  constructor (code: VerificationErrorCode, { reason, cause, scopes = [], retryAfterSeconds = 1 }: Details = {}) {
    const { status, message } = KINDS[code]
    super(message, { cause })
    this.name = 'VerificationError'
    this.code = code
    this.status = status
    this.statusCode = status
    this.reason = reason
    this.headers = status === 503
      ? { 'retry-after': String(retryAfterSeconds) }
      : { 'www-authenticate': challenge(code, status, message, scopes) }
  }
}
