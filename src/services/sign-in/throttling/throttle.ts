import { setTimeout as sleep } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import type { PasswordCheck, PasswordHasher } from '../../../crypto/passwords.ts'
import type { CountId, FailureCount, FailureCounts } from '../../../db.ts'
import { type Failure, ServiceBusy, TooManyRequests } from '../../../errors.ts'
import type { Clock } from '../../upkeep/clock.ts'
import { createMemory } from '../../upkeep/memory.ts'

/** How long a process answers from memory that a bucket is used up. */
const MEMORY_MS = 1000
const REMEMBERED_MAX = 10_000
/** How long an attempt waits for others that are being checked, and how often it asks again. */
const WAIT_MS = 3000
const RETRY_MS = 40

/**
 * A count with its bound: `quota` failures until the count expires. With `pauseMs`: after `quota` failures in a row,
 * one attempt per pause.
 */
export type Bucket = CountId & { name: string, quota: number, keepMs: number, pauseMs?: number }

/** What an attempt is held against. */
export type Bounds = {
  /** Equal attempts are checked `quota` at a time. */
  key: string
  quota: number
  /** Whose turn of the hashing queue the attempt takes. */
  group: string
  /** The counts that a failure goes into. */
  buckets: Bucket[]
  /** Those of them that can refuse the attempt. */
  binding: Bucket[]
  /** Whether a failure is the same as one that was counted already. */
  isRepeated: () => boolean
  /** Which counts a success clears. */
  clears: (bucket: Bucket) => boolean
  /** @throws TooManyRequests for what this process remembers */
  refuseRemembered: () => void
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

/** Checks a password in its turn of the queue. */
export type Work = (check: PasswordCheck) => Promise<boolean>

type Dependencies = {
  counts: FailureCounts
  hasher: Pick<PasswordHasher, 'inTurn'>
  clock: Clock
  /** Called when places could not be given back: they expire. */
  onError: (error: unknown) => void
}

const keyOf = ({ account, network }: CountId) => `${account} ${network}`
const find = <Count extends CountId>(found: Count[], bucket: Bucket) =>
  found.find(count => keyOf(count) === keyOf(bucket))

/** Reserves a place for every attempt before it is checked, so that many at once are no more than the quota. */
export function createThrottle ({ counts, hasher, clock, onError }: Dependencies) {
  /** Buckets that are used up, each by its own key. */
  const throttled = createMemory<Failure>({ clock, max: REMEMBERED_MAX, ttlMs: MEMORY_MS })
  const gates = new Map<string, LimitFunction>()

  /** How long to wait until the bucket has room; 0 if only attempts that are being checked are in the way. */
  function waitMs ({ quota, keepMs, pauseMs }: Bucket, { failures, expiresAt }: FailureCount): number {
    const leftMs = expiresAt.getTime() - clock().getTime()
    // A count from the future was written before the clock was set back: the next failure gives it an end.
    if (failures < quota || leftMs <= 0 || leftMs > keepMs) return 0
    return Math.max(0, pauseMs === undefined ? leftMs : leftMs - keepMs + pauseMs)
  }

  /** @throws TooManyRequests for the bucket with the longest wait; remembers each that has one */
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

  const giveBack = (taken: Bucket[]) =>
    counts.release(taken.map(({ account, network }) => ({ account, network, hasPlace: true, clears: false })))

  /** Gives the places of an attempt back that was right, and forgets earlier failures, also where it had no place. */
  async function succeed (taken: Bucket[], { buckets, clears }: Bounds): Promise<void> {
    for (const bucket of buckets) if (clears(bucket)) throttled.delete(keyOf(bucket))
    await counts.release(buckets.map(bucket => {
      const { account, network } = bucket
      return { account, network, hasPlace: taken.includes(bucket), clears: clears(bucket) }
    }))
  }

  /** @returns the buckets that have a place for the attempt now; undefined while others are being checked */
  async function takePlaces (
    buckets: Bucket[], binding: Bucket[]
  ): Promise<{ taken: Bucket[], remaining: number | undefined } | undefined> {
    const found = await reserve(buckets)
    const taken = buckets.filter(bucket => find(found, bucket)?.isTaken)
    if (binding.every(bucket => taken.includes(bucket))) return { taken, remaining: remainingIn(buckets, found) }
    if (taken.length > 0) await giveBack(taken)
    refuse(binding, found.filter(({ isTaken }) => !isTaken))
    return undefined
  }

  async function checkOnce (bounds: Bounds, check: PasswordCheck, work: Work): Promise<Verdict | undefined> {
    const places = await takePlaces(bounds.buckets, bounds.binding)
    if (!places) return undefined
    const { taken, remaining } = places
    const settled = Promise.resolve()
    let isRight: boolean
    try {
      isRight = await work(check)
    } catch (error) {
      await giveBack(taken).catch(onError)
      throw error
    }
    if (isRight) return { isRight, reached: [], remaining, settled: succeed(taken, bounds).catch(onError) }
    if (!bounds.isRepeated()) return { isRight, ...await fail(taken), settled }
    await giveBack(taken)
    return { isRight, reached: [], remaining, settled }
  }

  /** Lets attempts with one key in, `quota` at a time: no more could be reserved together. */
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
    /** The failure of a bucket that is used up, as far as this process knows. */
    remembered: (bucket: CountId): Failure | undefined => throttled.get(keyOf(bucket)),

    forget: () => throttled.clear(),

    /**
     * Checks an attempt as soon as equal ones that are being checked leave room for it.
     * @throws TooManyRequests, ServiceBusy, or what the work and the queue throw: then nothing is counted
     */
    check: (bounds: Bounds, work: Work): Promise<Verdict> => gated(bounds.key, bounds.quota, async () => {
      const until = performance.now() + WAIT_MS
      do {
        bounds.refuseRemembered()
        const verdict = await hasher.inTurn(bounds.group, check => {
          bounds.refuseRemembered() // others may have failed while this one waited
          return checkOnce(bounds, check, work)
        })
        if (verdict) return verdict
        await sleep(RETRY_MS * Math.random())
      } while (performance.now() < until)
      throw new ServiceBusy(undefined, { retryAfterSeconds: 1 })
    }),

    /** Counts something that is no attempt, without a check. @throws TooManyRequests or ServiceBusy */
    async count (bucket: Bucket): Promise<void> {
      const failure = throttled.get(keyOf(bucket))
      if (failure) throw failure
      const places = await takePlaces([bucket], [bucket])
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
