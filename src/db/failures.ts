import { codeOf } from '../system/errors.ts'

/** The driver's error, as Prisma passes it on. */
function driverCause (error: unknown): { kind?: string, originalCode?: string, originalMessage?: string } {
  if (typeof error !== 'object' || error === null) return {}
  const meta = 'meta' in error ? error.meta as { driverAdapterError?: { cause?: object } } | undefined : undefined
  if (meta?.driverAdapterError?.cause) return meta.driverAdapterError.cause
  return 'cause' in error && typeof error.cause === 'object' ? error.cause ?? {} : {}
}

/**
 * Finds the unique index that a write violated.
 * @returns its name; '' if the database did not report it; undefined for any other error
 */
export function uniqueViolation (error: unknown): string | undefined {
  const { originalCode, originalMessage = '' } = driverCause(error)
  const code = codeOf(error)
  if (code === '23505' && error instanceof Error) return indexIn(error.message)
  return code === 'P2002' || originalCode === '23505' ? indexIn(originalMessage) : undefined
}

/** PostgreSQL quotes the name in its message, in every language. */
const indexIn = (message: string) => /["„«»“]([a-z_]+)["“”«»]/.exec(message)?.[1] ?? ''

/** Whether a write failed because the row it references does not exist. */
export function isForeignKeyViolation (error: unknown): boolean {
  return ['P2003', '23503'].includes(codeOf(error)) || driverCause(error).originalCode === '23503'
}

/** Whether a transaction or a statement conflicted with another one, so that a retry can succeed. */
export function isConflict (error: unknown): boolean {
  return codeOf(error) === 'P2034' ||
    [codeOf(error), driverCause(error).originalCode ?? ''].some(code => code === '40001' || code === '40P01')
}

const unavailable = new RegExp([
  'ECONN', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENOENT', 'EACCES', 'EMFILE',
  '^ERR_(TLS|SSL|OSSL)', 'CERT_', 'SELF_SIGNED',
  // PostgreSQL, appendix A: connection exceptions, authentication, insufficient resources, lock timeout, operator
  // intervention, system errors, damaged files
  '^08', '^28', '^53', '^55P03$', '^57', '^58', '^XX00[12]$',
  // A read-only server, a transaction that exceeded a time limit, a prepared statement that a pooler sent to another
  // connection
  '^25006$', '^25P0[34]$', '^26000$', '^42P05$',
  // A database, schema, privilege or table that was removed while the service was running
  '^3D000$', '^3F000$', '^42501$', '^42P01$',
  // Prisma: refused, unreachable, timed out, no database, no access, closed, table missing, no connection free,
  // transaction not started in time
  '^P100[01238]$', '^P1010$', '^P1011$', '^P1017$', '^P2021$', '^P2024$', '^P2028$',
  'DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections', 'AuthenticationFailed',
  'DatabaseDoesNotExist', 'DatabaseAccessDenied', 'TlsConnectionError', 'TableDoesNotExist'
].join('|'))
const unavailableText = new RegExp('connect(ion)? (timeout|terminated)|timeout exceeded|read timeout|' +
  'is not queryable|pglite is closed|after calling end on the pool', 'i')

/** Whether the database is unreachable, full or too slow, as opposed to an error in the statement. */
export function isUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { kind = '', originalCode = '' } = driverCause(error)
  return [codeOf(error), codeOf(error.cause), kind, originalCode].some(code => code !== '' && unavailable.test(code)) ||
    unavailableText.test(error.message)
}

/**
 * Whether the database cannot store a text of the request: its encoding lacks a character, or the text contains a NUL
 * character.
 */
export function isUnstorable (error: unknown): boolean {
  return [codeOf(error), driverCause(error).originalCode ?? ''].some(code => code === '22021' || code === '22P05')
}
