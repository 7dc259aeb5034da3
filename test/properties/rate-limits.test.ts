import fc from 'fast-check'
import t from 'tap'
import { LIMIT_MAX, WINDOW_SECONDS_MAX } from '../../src/policy/api-keys/bounds.ts'
import {
  intervalMs, isLimitWithin, meetLimits, type RateLimit, remainingAt
} from '../../src/policy/api-keys/rate-limits.ts'
import { holds } from '../helpers/properties.ts'

const small = fc.record({ limit: fc.integer({ min: 1, max: 30 }), windowSeconds: fc.integer({ min: 1, max: 120 }) })
const any = fc.record({
  limit: fc.integer({ min: 1, max: LIMIT_MAX }), windowSeconds: fc.integer({ min: 1, max: WINDOW_SECONDS_MAX })
})
/** The milliseconds between requests: bursts, the interval of the limit and its neighbours, and pauses. */
const pauses = fc.array(fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 300_000 })
), { minLength: 1, maxLength: 120 })

/** How often a request may be counted wrongly because intervals are not exact numbers. */
const INEXACT = 1e-3

/** Accepts as rate-limits.ts does. @returns the moments of accepted requests, and what was decided about each */
function decide (rate: RateLimit, moments: readonly number[]) {
  let arrivalMs = 0
  return moments.map(nowMs => {
    const isAccepted = remainingAt(rate, Math.max(arrivalMs, nowMs), nowMs) >= 1
    if (isAccepted) arrivalMs = Math.max(arrivalMs, nowMs) + intervalMs(rate)
    return { nowMs, isAccepted }
  })
}

/**
 * The definition, checked without a state: whatever span ends with a request, no more are accepted in it than the limit
 * and what the span brings back.
 * @returns how many requests the quota has left; less than 0 if there are too many
 */
function left ({ limit, windowSeconds }: RateLimit, accepted: readonly number[], nowMs: number): number {
  return Math.min(limit, ...accepted.map((sinceMs, index) =>
    limit + (nowMs - sinceMs) * limit / (windowSeconds * 1000) - (accepted.length - index)))
}

t.test('a request is accepted exactly if no span of time has too many', async t => {
  await holds(t, 'as the definition says', fc.property(small, pauses, (rate, steps) => {
    let nowMs = 1_700_000_000_000
    const moments = steps.map(step => { nowMs += step; return nowMs })
    const accepted: number[] = []
    return decide(rate, moments).every(({ nowMs, isAccepted }) => {
      const quota = left(rate, accepted, nowMs)
      if (isAccepted) accepted.push(nowMs)
      return isAccepted ? quota >= 1 - 2 * INEXACT : quota < 1
    })
  }))
  await holds(t, 'a whole quota at once', fc.property(small, rate =>
    decide(rate, Array(rate.limit + 1).fill(0)).filter(({ isAccepted }) => isAccepted).length === rate.limit))
})

t.test('the limit of two limits is within both, and none that is within a limit accepts more', async t => {
  const within = (one: RateLimit, other: RateLimit) => isLimitWithin(one, other)
  await holds(t, 'within both', fc.property(any, any, (one, other) => {
    const met = meetLimits(one, other)
    return within(met, one) && within(met, other) && met.limit >= 1 && met.windowSeconds >= 1 &&
      met.windowSeconds <= WINDOW_SECONDS_MAX && Number.isInteger(met.windowSeconds)
  }))
  await holds(t, 'every limit is within itself and within none', fc.property(any, rate =>
    within(rate, rate) && isLimitWithin(rate, null) && !isLimitWithin(null, rate) && isLimitWithin(null, null)))
  await holds(t, 'fewer are accepted', fc.property(small, small, pauses, (one, other, steps) => {
    let nowMs = 0
    const moments = steps.map(step => { nowMs += step; return nowMs })
    const count = (rate: RateLimit) => decide(rate, moments).filter(({ isAccepted }) => isAccepted).length
    return !within(one, other) || count(one) <= count(other)
  }))
})
