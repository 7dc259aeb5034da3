import { getSystemErrorMap } from 'node:util'

/**
 * Describes an error of the operating system with its code: `no such file or directory (ENOENT)`.
 * @returns the message of the error where the system has no description
 */
export function reasonOf (error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return known ? `${known[1]} (${codeOf(error) || known[0]})` : error.message
}

/** The code of an error of Node, the system or a driver; empty without one. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && error.code !== undefined ? String(error.code) : ''
