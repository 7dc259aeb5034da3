const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** What the driver said, as Prisma passes it on. */
function driverCause (error: unknown): { kind?: string, originalCode?: string, originalMessage?: string } {
  if (typeof error !== 'object' || error === null) return {}
  const meta = 'meta' in error ? error.meta as { driverAdapterError?: { cause?: object } } | undefined : undefined
  if (meta?.driverAdapterError?.cause) return meta.driverAdapterError.cause
  return 'cause' in error && typeof error.cause === 'object' ? error.cause ?? {} : {}
}

/**
 * Which unique index refused a write.
 * @returns its name; '' if the database did not say it; undefined for any other error
 */
export function uniqueViolation (error: unknown): string | undefined {
  const { originalCode, originalMessage = '' } = driverCause(error)
  const code = codeOf(error)
  if (code === '23505' && error instanceof Error) return indexIn(error.message)
  return code === 'P2002' || originalCode === '23505' ? indexIn(originalMessage) : undefined
}

/** PostgreSQL quotes the name in its message, whatever the language of that is. */
const indexIn = (message: string) => /["„«»“]([a-z_]+)["“”«»]/.exec(message)?.[1] ?? ''

/** Whether a write was refused because the row it refers to is gone. */
export function isForeignKeyViolation (error: unknown): boolean {
  return ['P2003', '23503'].includes(codeOf(error)) || driverCause(error).originalCode === '23503'
}

/** Whether a transaction or a statement lost against another one and may succeed when run again. */
export function isConflict (error: unknown): boolean {
  return codeOf(error) === 'P2034' ||
    [codeOf(error), driverCause(error).originalCode ?? ''].some(code => code === '40001' || code === '40P01')
}

const unavailable = new RegExp([
  'ECONN', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN',
  // PostgreSQL, appendix A: connection exceptions, insufficient resources, operator intervention, read-only
  '^08', '^53', '^57', '^25006$', '^58030$',
  // Prisma: unreachable, timed out, closed, no connection free, transaction not started in time
  '^P1001$', '^P1002$', '^P1008$', '^P1017$', '^P2024$', '^P2028$',
  'DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'
].join('|'))
const unavailableText = new RegExp('connect(ion)? (timeout|terminated)|timeout exceeded|read timeout|' +
  'pglite is closed|after calling end on the pool', 'i')

/** Whether a failure means that the database is gone, full or too slow, and not that the statement was wrong. */
export function isUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { kind = '', originalCode = '' } = driverCause(error)
  return [codeOf(error), codeOf(error.cause), kind, originalCode].some(code => code !== '' && unavailable.test(code)) ||
    unavailableText.test(error.message)
}
