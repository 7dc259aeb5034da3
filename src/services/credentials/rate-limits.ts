import type { RateCharge, RateCounters } from '../../db.ts'
import { WINDOW_SECONDS_MAX } from '../../policy/api-keys/bounds.ts'
import { intervalMs, remainingAt } from '../../policy/api-keys/rate-limits.ts'
import type { KeyRate } from '../access/principal.ts'
import type { Clock } from '../upkeep/clock.ts'

/** How long requests are counted in this process alone. */
export const EXCHANGE_MS = 1000
/** The interval in which counters that are not used are removed from the memory. */
const SWEEP_MS = 60_000
/** How soon the requests of other processes are learned when a counter is first used here. */
const FIRST_EXCHANGE_MS = 100
/** Counters in one statement. */
const BATCH_MAX = 1000
/**
 * How far the theoretical arrival time of a counter can be in the future: the longest window, and ten minutes of
 * requests that replicas accepted before they learned of each other. It is the same for all keys, because keys with
 * different limits can share a counter. A later time was computed before the clock was set back.
 */
const AHEAD_MS_MAX = WINDOW_SECONDS_MAX * 1000 + 600_000

/**
 * `spentMs` and `sinceMs` describe the requests that are not added to the shared counter yet. `isUnconfirmed`: whether
 * an exchange failed, so that it is unknown if its requests were added. `usedMs`: the part of the window that was used
 * up after the last request.
 */
type Counter = Omit<RateCharge, 'id'> & { isUnconfirmed: boolean, usedMs: number }

/** What a quota permits, and when the whole quota is available again. */
export type Remaining = { requests: number, resetSeconds: number }

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

  /** The theoretical arrival time of a counter. Corrects one that was computed before the clock was set back. */
  function arrivalOf (counter: Counter | undefined, nowMs: number): number {
    if (!counter) return nowMs
    counter.arrivalMs = Math.min(counter.arrivalMs, nowMs + AHEAD_MS_MAX)
    return Math.max(counter.arrivalMs, nowMs)
  }

  const isWaiting = ({ spentMs, isUnconfirmed }: Counter) => spentMs > 0 || isUnconfirmed

  function takeCharges (): RateCharge[] {
    const charges: RateCharge[] = []
    for (const [id, counter] of known) {
      if (!isWaiting(counter)) continue
      const { spentMs, sinceMs, arrivalMs } = counter
      charges.push({ id, spentMs, sinceMs, arrivalMs })
      counter.spentMs = 0
      counter.isUnconfirmed = false
    }
    return charges
  }

  async function exchangeBatch (charges: RateCharge[]) {
    for (const { id, arrivalMs } of await counters.charge(charges, clock().getTime() + AHEAD_MS_MAX)) {
      const counter = known.get(id)
      if (counter) counter.arrivalMs = Math.max(counter.arrivalMs, arrivalMs + counter.spentMs)
    }
  }

  /**
   * Keeps charges for the next exchange. Those that were sent may have been added: only their theoretical arrival time,
   * which contains them, is sent again.
   */
  function keep (charges: RateCharge[], { wereSent }: { wereSent: boolean }) {
    for (const { id, spentMs, sinceMs } of charges) {
      const counter = known.get(id)
      if (!counter) continue
      if (wereSent) {
        counter.isUnconfirmed = true
        continue
      }
      counter.spentMs += spentMs
      counter.sinceMs = sinceMs
    }
  }

  /** Exchanges what was counted until now. Stops at the first batch that fails. */
  async function exchangeAll () {
    const charges = takeCharges()
    for (let start = 0; start < charges.length; start += BATCH_MAX) {
      const batch = charges.slice(start, start + BATCH_MAX)
      try {
        await exchangeBatch(batch)
      } catch (error) {
        keep(batch, { wereSent: true })
        keep(charges.slice(start + BATCH_MAX), { wereSent: false })
        onError(error)
        break
      }
    }
    const now = clock().getTime()
    let isUsed = false
    for (const [id, counter] of known) {
      if (isWaiting(counter)) isUsed = true
      // The first use of a forgotten counter costs an exchange, so it is kept for a minute.
      else if (counter.arrivalMs <= now && Math.abs(now - counter.sinceMs) >= SWEEP_MS) known.delete(id)
    }
    if (known.size > 0) schedule(isUsed ? EXCHANGE_MS : SWEEP_MS)
  }

  /** One exchange at a time. */
  const exchange = (): Promise<void> => (exchanging ??= exchangeAll().finally(() => { exchanging = undefined }))

  return {
    /** The milliseconds until a request is accepted. */
    wait (rate: KeyRate): number {
      const nowMs = clock().getTime()
      return waitFrom(rate, arrivalOf(known.get(rate.counterId), nowMs), nowMs)
    },

    /** Counts a request if it is accepted. @returns 0, or the milliseconds until the next request is accepted */
    take (rate: KeyRate): number {
      const nowMs = clock().getTime()
      const counter = known.get(rate.counterId)
      const arrivalMs = arrivalOf(counter, nowMs)
      const waitMs = waitFrom(rate, arrivalMs, nowMs)
      if (waitMs > 0) return waitMs
      const spentMs = intervalMs(rate)
      if (!counter) {
        known.set(rate.counterId, {
          arrivalMs: arrivalMs + spentMs, spentMs, sinceMs: nowMs, isUnconfirmed: false, usedMs: spentMs
        })
        schedule(FIRST_EXCHANGE_MS)
        return 0
      }
      if (counter.spentMs === 0) {
        counter.sinceMs = nowMs
        schedule(EXCHANGE_MS)
      }
      counter.spentMs += spentMs
      counter.arrivalMs = arrivalMs + spentMs
      counter.usedMs = counter.arrivalMs - nowMs
      return 0
    },

    /** Whether half of the quota or less was left after the last request. */
    isLow: ({ counterId, windowSeconds }: KeyRate): boolean =>
      (known.get(counterId)?.usedMs ?? 0) >= windowSeconds * 1000 / 2,

    /** What the quota permits now. */
    remaining (rate: KeyRate): Remaining {
      const nowMs = clock().getTime()
      const arrivalMs = arrivalOf(known.get(rate.counterId), nowMs)
      return {
        requests: Math.max(remainingAt(rate, arrivalMs, nowMs), 0),
        resetSeconds: Math.ceil((arrivalMs - nowMs) / 1000)
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
