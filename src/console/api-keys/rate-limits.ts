import type { ApiKey } from '../api/client.ts'

export type RateLimit = NonNullable<ApiKey['rate_limit']>

const units = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']] as const

/** "minute", "5 minutes" */
function describeWindow (seconds: number): string {
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, 'second']
  const count = seconds / size
  return count === 1 ? unit : `${count} ${unit}s`
}

/** "100 per minute" */
export const describeLimit = ({ limit, window_seconds: seconds }: RateLimit) =>
  `${limit.toLocaleString('en')} per ${describeWindow(seconds)}`

/** The windows to choose from, with that of an existing limit. */
export function windowsWith (seconds: number) {
  const sizes = units.map(([size]): number => size).reverse()
  return [...sizes, ...(sizes.includes(seconds) ? [] : [seconds])]
    .map(size => ({ value: String(size), label: describeWindow(size) }))
}
