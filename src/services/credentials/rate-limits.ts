import type { RateCharge, RateCounters } from '../../db.ts'
import { intervalMs, remainingAt } from '../../policy/api-keys/rate-limits.ts'
import type { KeyRate } from '../access/principal.ts'
import type { Clock } from '../upkeep/clock.ts'

/** How long requests are counted in this process alone. */
export const EXCHANGE_MS = 1000
/** The interval in which counters that are not used are removed from the memory. */
const SWEEP_MS = 60_000
/** How much longer than its window a counter can be exhausted, because replicas accepted requests at the same time. */
const DEBT_MS_MAX = 600_000

/**
 * `spentMs`, `sinceMs` and `ceilingMs` describe the requests that are not added to the shared counter yet, `lastMs` is
 * the time of the last request.
 */
type Counter = Omit<RateCharge, 'id'> & { lastMs: number }

/** What a quota permits, and when the whole quota is available again. */
export type Remaining = { requests: number, resetSeconds: number }

const ceilingOf = ({ windowSeconds }: KeyRate, nowMs: number) => nowMs + windowSeconds * 1000 + DEBT_MS_MAX

/** The milliseconds until a request is accepted. */
const waitFrom = (rate: KeyRate, arrivalMs: number, nowMs: number) => remainingAt(rate, arrivalMs, nowMs) >= 1
  ? 0
  : arrivalMs + intervalMs(rate) - nowMs - rate.windowSeconds * 1000

type Dependencies = { counters: RateCounters, clock: Clock, onError: (error: unknown) => void }

/**
 * Rate limits of API keys across all replicas, by GCRA. Requests are counted in memory, and about once a second the
 * processes add their requests to the shared counter and learn those of the others. With R processes, the requests
 * accepted in t seconds are at most
 *
 *     limit × (1 + t / window) + (R − 1) × limit × (1 + 2 / window)
 *
 * The second part is the overshoot: requests that other processes accept before they learn of each other. It does not
 * grow with time, because the counter keeps it as a debt. One process alone is exact.
 */
export function createRateLimits ({ counters, clock, onError }: Dependencies) {
  const known = new Map<string, Counter>()
  let exchanging: Promise<void> | undefined
  let next: { timer: NodeJS.Timeout, dueMs: number } | undefined

  /** Exchanges after a delay, or earlier if that is planned already. */
  function schedule (delayMs: number) {
    const dueMs = performance.now() + delayMs
    if (next && next.dueMs <= dueMs) return
    clearTimeout(next?.timer)
    const timer = setTimeout(() => {
      next = undefined
      exchange().catch(onError)
    }, delayMs).unref()
    next = { timer, dueMs }
  }

  /** The theoretical arrival time of a counter. One beyond the ceiling is from before the clock was set back. */
  function arrivalOf (counter: Counter | undefined, rate: KeyRate, nowMs: number): number {
    if (!counter) return nowMs
    counter.arrivalMs = Math.min(counter.arrivalMs, ceilingOf(rate, nowMs))
    return Math.max(counter.arrivalMs, nowMs)
  }

  function takeCharges (): RateCharge[] {
    const charges: RateCharge[] = []
    for (const [id, counter] of known) {
      if (counter.spentMs === 0) continue
      const { lastMs: _, ...charge } = counter
      charges.push({ id, ...charge })
      counter.spentMs = 0
    }
    return charges
  }

  /** Adds charges that were not stored to those of the next exchange. */
  function takeBack (charges: RateCharge[]) {
    for (const { id, spentMs, sinceMs } of charges) {
      const counter = known.get(id)
      if (!counter) continue
      counter.spentMs += spentMs
      counter.sinceMs = sinceMs
    }
  }

  async function store () {
    const charges = takeCharges()
    if (charges.length > 0) {
      try {
        for (const { id, arrivalMs } of await counters.charge(charges)) {
          const counter = known.get(id)
          if (counter) counter.arrivalMs = Math.max(counter.arrivalMs, arrivalMs + counter.spentMs)
        }
      } catch (error) {
        takeBack(charges)
        onError(error)
      }
    }
    const now = clock().getTime()
    let isUsed = false
    for (const [id, { arrivalMs, spentMs, sinceMs }] of known) {
      if (spentMs > 0) isUsed = true
      // A counter that is not known is exchanged at its first use: it must not be forgotten between uses.
      else if (arrivalMs <= now && Math.abs(now - sinceMs) >= SWEEP_MS) known.delete(id)
    }
    if (known.size > 0) schedule(isUsed ? EXCHANGE_MS : SWEEP_MS)
  }

  /** One exchange at a time. */
  const exchange = (): Promise<void> => (exchanging ??= store().finally(() => { exchanging = undefined }))

  return {
    /** The milliseconds until a request is accepted. */
    wait (rate: KeyRate): number {
      const nowMs = clock().getTime()
      return waitFrom(rate, arrivalOf(known.get(rate.counterId), rate, nowMs), nowMs)
    },

    /** Counts a request if it is accepted. @returns 0, or the milliseconds until the next request is accepted */
    take (rate: KeyRate): number {
      const nowMs = clock().getTime()
      const counter = known.get(rate.counterId)
      const arrivalMs = arrivalOf(counter, rate, nowMs)
      const waitMs = waitFrom(rate, arrivalMs, nowMs)
      if (waitMs > 0) return waitMs
      const spentMs = intervalMs(rate)
      const ceilingMs = ceilingOf(rate, nowMs)
      if (!counter) {
        known.set(rate.counterId, {
          arrivalMs: arrivalMs + spentMs, spentMs, sinceMs: nowMs, ceilingMs, lastMs: nowMs
        })
        schedule(0) // other processes may have used the quota
        return 0
      }
      if (counter.spentMs === 0) {
        counter.sinceMs = nowMs
        schedule(EXCHANGE_MS)
      }
      counter.spentMs += spentMs
      counter.arrivalMs = arrivalMs + spentMs
      counter.ceilingMs = ceilingMs
      counter.lastMs = nowMs
      return 0
    },

    /** What the quota permits after the last request. */
    remaining (rate: KeyRate): Remaining {
      const counter = known.get(rate.counterId)
      if (!counter) return { requests: rate.limit, resetSeconds: 0 }
      const { arrivalMs, lastMs } = counter
      return {
        requests: Math.max(remainingAt(rate, arrivalMs, lastMs), 0),
        resetSeconds: Math.ceil((arrivalMs - lastMs) / 1000)
      }
    },

    /** Adds the requests to the shared counters now. */
    exchange,

    /** Stores what was counted. The caller closes the database afterwards. */
    async close () {
      await exchanging
      await exchange()
      clearTimeout(next?.timer)
    }
  }
}

export type RateLimits = ReturnType<typeof createRateLimits>
