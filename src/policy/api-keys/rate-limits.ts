/** At most `limit` requests in `windowSeconds`: all of them at once, and then as many as the time brings back. */
export type RateLimit = Readonly<{ limit: number, windowSeconds: number }>

/** Whether a limit permits nothing that the other does not, neither at once nor in the long run. Null: no limit. */
export function isLimitWithin (inner: RateLimit | null, outer: RateLimit | null): boolean {
  if (outer === null) return true
  return inner !== null && inner.limit <= outer.limit &&
    inner.limit * outer.windowSeconds <= outer.limit * inner.windowSeconds
}

/** The highest limit that is within both. */
export function meetLimits (one: RateLimit, other: RateLimit): RateLimit {
  if (isLimitWithin(one, other)) return one
  if (isLimitWithin(other, one)) return other
  const limit = Math.min(one.limit, other.limit)
  const windows = [one, other].map(each => Math.ceil(limit * each.windowSeconds / each.limit))
  return { limit, windowSeconds: Math.max(...windows) }
}

/** The milliseconds in which one request is brought back. */
export const intervalMs = ({ limit, windowSeconds }: RateLimit): number => windowSeconds * 1000 / limit

// GCRA (ITU-T I.371): the theoretical arrival time is the moment at which the whole quota is available again.

/** How many requests the quota permits at a moment. @param arrivalMs the theoretical arrival time */
export function remainingAt (rate: RateLimit, arrivalMs: number, nowMs: number): number {
  const usedMs = Math.max(arrivalMs - nowMs, 0)
  // The sum of many intervals is inexact: a quota that is exact to a thousandth of a request is whole.
  return Math.floor((rate.windowSeconds * 1000 - usedMs) / intervalMs(rate) + 1e-3)
}
