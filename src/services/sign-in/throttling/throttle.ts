import { setTimeout as sleep } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import type { PasswordCheck, PasswordHasher } from '../../../crypto/passwords.ts'
import type { CountId, FailureCount, FailureCounts } from '../../../db.ts'
import { type Failure, ServiceBusy, TooManyRequests } from '../../../errors.ts'
import type { Clock } from '../../upkeep/clock.ts'
import { createCache } from '../../upkeep/cache.ts'

/** How long a process caches that a bucket is exhausted. */
const MEMORY_MS = 1000
const CACHED_MAX = 10_000
/** How long an attempt waits for attempts that are being checked, and how often it tries again. */
const WAIT_MS = 3000
const RETRY_MS = 40

/**
 * A count with its limit: `quota` failures until the count expires. With `pauseMs`: after `quota` failures, one attempt
 * per pause.
 */
export type Bucket = CountId & { name: string, quota: number, keepMs: number, pauseMs?: number }

/** The limits of an attempt. */
export type Bounds = {
  /** At most `quota` attempts with the same key are checked concurrently. */
  key: string
  quota: number
  /** The group of the attempt in the hashing queue. */
  group: string
  /** The buckets that count a failure. */
  buckets: Bucket[]
  /** The buckets that can refuse the attempt. */
  binding: Bucket[]
  /** Whether the failure repeats one that was counted already. */
  isRepeated: () => boolean
  /** Whether a success clears the bucket. */
  clears: (bucket: Bucket) => boolean
  /** @throws TooManyRequests if this process has cached that a bucket is exhausted */
  refuseCached: () => void
}

/** The result of an attempt. */
export type Verdict = {
  isRight: boolean
  /** The limits that this failure reached. */
  reached: string[]
  /** How many failures the first bucket still permits; undefined if attempts are not limited. */
  remaining: number | undefined
  /** Resolves when a success has been counted. Never rejects. */
  settled: Promise<void>
}

/** The check of a password, which runs in the hashing queue. */
export type Work = (check: PasswordCheck) => Promise<boolean>

type Dependencies = {
  counts: FailureCounts
  hasher: Pick<PasswordHasher, 'inTurn'>
  clock: Clock
  /** Called when reservations could not be released. They expire. */
  onError: (error: unknown) => void
}

const keyOf = ({ account, network }: CountId) => `${account} ${network}`
const find = <Count extends CountId>(found: Count[], bucket: Bucket) =>
  found.find(count => keyOf(count) === keyOf(bucket))

/** Reserves every attempt before it is checked, so that concurrent attempts cannot exceed the quota. */
export function createThrottle ({ counts, hasher, clock, onError }: Dependencies) {
  /** Exhausted buckets by key. */
  const throttled = createCache<Failure>({ clock, max: CACHED_MAX, ttlMs: MEMORY_MS })
  const gates = new Map<string, LimitFunction>()

  /** The time until the bucket permits an attempt; 0 if only attempts that are being checked are in the way. */
  function waitMs ({ quota, keepMs, pauseMs }: Bucket, { failures, expiresAt }: FailureCount): number {
    const leftMs = expiresAt.getTime() - clock().getTime()
    // A count from the future was written before the clock was set back. The next failure gives it an expiry.
    if (failures < quota || leftMs <= 0 || leftMs > keepMs) return 0
    return Math.max(0, pauseMs === undefined ? leftMs : leftMs - keepMs + pauseMs)
  }

  /** Caches the exhausted buckets. @throws TooManyRequests for the bucket with the longest wait */
  function refuse (buckets: Bucket[], found: FailureCount[]) {
    const waits = buckets.flatMap(bucket => {
      const count = find(found, bucket)
      const wait = count ? waitMs(bucket, count) : 0
      return wait > 0 ? [{ failure: tooMany(bucket, wait), bucket, wait }] : []
    }).sort((a, b) => b.wait - a.wait)
    for (const { bucket, failure } of waits) throttled.set(keyOf(bucket), failure)
    if (waits[0]) throw waits[0].failure
  }

  function reserve (buckets: Bucket[]) {
    const now = clock()
    return counts.reserve(buckets.map(({ account, network, quota, keepMs, pauseMs }) => ({
      account,
      network,
      quota,
      expiresAt: new Date(now.getTime() + keepMs),
      pausedUntil: pauseMs === undefined ? undefined : new Date(now.getTime() + keepMs - pauseMs)
    })), now)
  }

  /** How many failures the first bucket still permits. */
  function remainingIn ([first]: Bucket[], found: FailureCount[]): number | undefined {
    return first && Math.max(0, first.quota - (find(found, first)?.failures ?? 0))
  }

  /** Counts the failure of an attempt. @returns the names of the limits that it reached */
  async function fail (buckets: Bucket[]): Promise<Pick<Verdict, 'reached' | 'remaining'>> {
    const now = clock()
    const found = await counts.fail(buckets.map(({ account, network, keepMs, pauseMs }) => ({
      account, network, expiresAt: new Date(now.getTime() + keepMs), renews: pauseMs !== undefined
    })), now)
    const usedUp = buckets.filter(bucket => find(found, bucket)?.failures === bucket.quota)
    for (const bucket of usedUp) throttled.set(keyOf(bucket), tooMany(bucket, bucket.pauseMs ?? bucket.keepMs))
    return { reached: usedUp.map(({ name }) => name), remaining: remainingIn(buckets, found) }
  }

  const releasePlaces = (taken: Bucket[]) =>
    counts.release(taken.map(({ account, network }) => ({ account, network, hasPlace: true, clears: false })))

  /**
   * Releases the reservations of a successful attempt, and clears earlier failures also in buckets without a
   * reservation.
   */
  async function succeed (taken: Bucket[], { buckets, clears }: Bounds): Promise<void> {
    for (const bucket of buckets) if (clears(bucket)) throttled.delete(keyOf(bucket))
    await counts.release(buckets.map(bucket => {
      const { account, network } = bucket
      return { account, network, hasPlace: taken.includes(bucket), clears: clears(bucket) }
    }))
  }

  /** @returns the buckets in which the attempt is reserved; undefined while others are being checked */
  async function reservePlaces (
    buckets: Bucket[], binding: Bucket[]
  ): Promise<{ taken: Bucket[], remaining: number | undefined } | undefined> {
    const found = await reserve(buckets)
    const taken = buckets.filter(bucket => find(found, bucket)?.isTaken)
    if (binding.every(bucket => taken.includes(bucket))) return { taken, remaining: remainingIn(buckets, found) }
    if (taken.length > 0) await releasePlaces(taken)
    refuse(binding, found.filter(({ isTaken }) => !isTaken))
    return undefined
  }

  async function checkOnce (bounds: Bounds, check: PasswordCheck, work: Work): Promise<Verdict | undefined> {
    const places = await reservePlaces(bounds.buckets, bounds.binding)
    if (!places) return undefined
    const { taken, remaining } = places
    const settled = Promise.resolve()
    let isRight: boolean
    try {
      isRight = await work(check)
    } catch (error) {
      await releasePlaces(taken).catch(onError)
      throw error
    }
    if (isRight) return { isRight, reached: [], remaining, settled: succeed(taken, bounds).catch(onError) }
    if (!bounds.isRepeated()) return { isRight, ...await fail(taken), settled }
    await releasePlaces(taken)
    return { isRight, reached: [], remaining, settled }
  }

  /** Runs at most `quota` attempts with the same key concurrently: more could not be reserved. */
  async function gated<T> (key: string, quota: number, work: () => Promise<T>): Promise<T> {
    const gate = gates.get(key) ?? pLimit(quota)
    gates.set(key, gate)
    try {
      return await gate(work)
    } finally {
      if (gate.activeCount === 0 && gate.pendingCount === 0) gates.delete(key)
    }
  }

  return {
    /** The cached failure of an exhausted bucket. */
    cachedFailure: (bucket: CountId): Failure | undefined => throttled.get(keyOf(bucket)),

    clearCache: () => throttled.clear(),

    /**
     * Runs the check when concurrent attempts permit it.
     * @throws TooManyRequests, ServiceBusy, or what the check and the queue throw; then nothing is counted
     */
    check: (bounds: Bounds, work: Work): Promise<Verdict> => gated(bounds.key, bounds.quota, async () => {
      const until = performance.now() + WAIT_MS
      do {
        bounds.refuseCached()
        const verdict = await hasher.inTurn(bounds.group, check => {
          bounds.refuseCached() // others may have failed in the meantime
          return checkOnce(bounds, check, work)
        })
        if (verdict) return verdict
        await sleep(RETRY_MS * Math.random())
      } while (performance.now() < until)
      throw new ServiceBusy(undefined, { retryAfterSeconds: 1 })
    }),

    /** Counts an event without a check. @throws TooManyRequests or ServiceBusy */
    async count (bucket: Bucket): Promise<void> {
      const failure = throttled.get(keyOf(bucket))
      if (failure) throw failure
      const places = await reservePlaces([bucket], [bucket])
      if (!places) throw new ServiceBusy(undefined, { retryAfterSeconds: 1 })
      await fail(places.taken)
    }
  }
}

function tooMany ({ name, quota, keepMs, pauseMs }: Bucket, waitMs: number): Failure {
  return new TooManyRequests(undefined, {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
    limit: { name, quota: pauseMs === undefined ? quota : 1, windowSeconds: (pauseMs ?? keepMs) / 1000 }
  })
}

export type Throttle = ReturnType<typeof createThrottle>
