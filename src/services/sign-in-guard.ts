import { createFingerprint, digestOf } from '../crypto/digests.ts'
import type { CountId, FailureCount, FailureCounts } from '../db.ts'
import { type Failure, TooManyRequests } from '../errors.ts'
import { networkOf } from '../policy/networks.ts'
import { usernameKey } from '../policy/usernames.ts'
import type { Clock } from './clock.ts'
import { createMemory } from './memory.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** One network may fail so many times as often as one account from it: people share addresses. */
const NETWORK_FACTOR = 4
/** Most consecutive failures of an account over all networks (NIST SP 800-63B-4, 3.2.2); then one a minute. */
export const CONSECUTIVE_MAX = 100
/** For how long a network is known after a sign-in with the password, and how many of them an account has. */
const KNOWN_MS = 30 * DAY_MS
const KNOWN_MAX = 8
/** Langflow's 2025 web client sends a failed sign-in three times. */
const REPEATED_MS = 5000
const REPEATED_MAX = 2
/** For how long a process answers from memory that somebody is slowed. */
const MEMORY_MS = 1000
const REMEMBERED_MAX = 10_000

/** Networks with the moment somebody last signed in from there, as the account keeps them. */
export type KnownNetworks = Readonly<Record<string, string>>

/** A count with its bound: `quota` failures until it expires; with a pause, that many in a row, then one in each. */
type Bucket = CountId & { name: string, quota: number, keepMs: number, pauseMs?: number }

export type Attempt = {
  /** Refuses what this process knows to be slowed, at no cost. @throws TooManyRequests */
  recall: () => void
  /** One read. @throws TooManyRequests */
  check: (known?: KnownNetworks) => Promise<void>
  /** One write. @returns the bounds that were reached by it */
  failed: () => Promise<string[]>
  /** Clears what stood against the account here; a write only when something did. */
  succeeded: () => Promise<void>
}

type Dependencies = {
  counts: FailureCounts
  clock: Clock
  rateLimitEnabled: boolean
  rateLimitPerMinute: number
  /** Told of counts that could not be cleared after what was done: that stands all the same. */
  onError: (error: unknown) => void
}

/** Adds the network of a sign-in to those the account knows; the longest unused one goes. */
export function withNetwork (known: KnownNetworks, address: string | undefined, now: Date): KnownNetworks {
  const others = Object.entries(known).filter(([network]) => network !== networkOf(address))
    .sort(([, a], [, b]) => a < b ? 1 : -1).slice(0, KNOWN_MAX - 1)
  return Object.fromEntries([[networkOf(address), now.toISOString()], ...others])
}

/** Slows guessing down: per account and network, per network, and per account over all networks. */
export function createSignInGuard (
  { counts, clock, rateLimitEnabled, rateLimitPerMinute: perMinute, onError }: Dependencies) {
  const fingerprint = createFingerprint()
  const repeated = createMemory<number>({ clock, max: REMEMBERED_MAX, ttlMs: REPEATED_MS })
  const slowed = createMemory<Failure>({ clock, max: REMEMBERED_MAX, ttlMs: MEMORY_MS })

  const isKnown = (known: KnownNetworks | undefined, network: string) => {
    const at = known?.[network]
    return at !== undefined && Date.parse(at) > clock().getTime() - KNOWN_MS
  }

  /** How long to wait before the next attempt; not at all, when the quota is not used up. */
  function waitMs ({ quota, keepMs, pauseMs }: Bucket, { failures, expiresAt }: FailureCount): number {
    const leftMs = expiresAt.getTime() - clock().getTime()
    // A count from the future is from before the clock was set back: the next failure gives it an end.
    if (failures < quota || leftMs <= 0 || leftMs > keepMs) return 0
    return pauseMs === undefined ? leftMs : leftMs - keepMs + pauseMs
  }

  const countOf = (found: FailureCount[], { account, network }: Bucket) =>
    found.find(count => count.account === account && count.network === network)

  /** @throws TooManyRequests for the bucket that is slowed for longest */
  function refuse (buckets: Bucket[], found: FailureCount[]) {
    const [worst] = buckets.map(bucket => {
      const count = countOf(found, bucket)
      return { bucket, wait: count ? waitMs(bucket, count) : 0 }
    }).sort((a, b) => b.wait - a.wait)
    if (worst && worst.wait > 0) throw tooMany(worst.bucket, worst.wait)
  }

  async function add (buckets: Bucket[]): Promise<FailureCount[]> {
    const now = clock()
    return counts.add(buckets.map(({ account, network, keepMs, pauseMs }) => ({
      account, network, expiresAt: new Date(now.getTime() + keepMs), renews: pauseMs !== undefined
    })), now)
  }

  const reached = (buckets: Bucket[], found: FailureCount[]) =>
    buckets.filter(bucket => countOf(found, bucket)?.failures === bucket.quota).map(({ name }) => name)

  /** An attempt that nobody counts. */
  const free: Attempt = {
    recall: () => {}, check: async () => {}, failed: async () => [], succeeded: async () => {}
  }

  /** Clears whatever stands against an account, wherever it came from. */
  async function unlock ({ id, username }: { id: string, username: string }): Promise<void> {
    await counts.removeAccount(digestOf(usernameKey(username)))
    await counts.removeAccount(changeOf(id))
    slowed.clear()
  }

  return {
    unlock,

    /** The same after a new password, which stands whatever becomes of the counts. */
    relent: (account: { id: string, username: string }): Promise<void> => unlock(account).catch(onError),

    /** A sign-in about to be tried. The name counts in all its spellings, whether there is such an account or not. */
    signIn (username: string, password: string, address: string | undefined): Attempt {
      if (!rateLimitEnabled) return free
      const [account, network] = [digestOf(usernameKey(username)), networkOf(address)]
      const pair = { name: 'sign-in', account, network, quota: perMinute, keepMs: MINUTE_MS }
      const strangers: Bucket[] = [
        { name: 'network', account: '', network, quota: perMinute * NETWORK_FACTOR, keepMs: MINUTE_MS },
        { name: 'account', account, network: '', quota: CONSECUTIVE_MAX, keepMs: DAY_MS, pauseMs: MINUTE_MS }
      ]
      const buckets = [pair, ...strangers]
      const memoryKey = `${account} ${network}`
      let stale: CountId[] = []
      return {
        recall: () => {
          const failure = slowed.get(memoryKey)
          if (failure) throw failure
        },
        check: async known => {
          const found = await counts.read(buckets)
          stale = found.filter(count => count.account !== '')
          try {
            refuse(isKnown(known, network) ? [pair] : buckets, found)
          } catch (error) {
            if (error instanceof TooManyRequests) slowed.set(memoryKey, error)
            throw error
          }
        },
        failed: async () => {
          const attempt = fingerprint(account, network, password)
          const times = repeated.get(attempt) ?? 0
          if (times > 0) {
            repeated.replace(attempt, times === REPEATED_MAX ? 0 : times + 1)
            return []
          }
          repeated.set(attempt, 1)
          return reached(buckets, await add(buckets))
        },
        succeeded: async () => { if (stale.length > 0) await counts.remove(stale).catch(onError) }
      }
    },

    /** A guess at the current password by somebody who is signed in. */
    passwordChange (userId: string): Attempt {
      if (!rateLimitEnabled) return free
      const account = changeOf(userId)
      const bucket = { name: 'password-change', account, network: '', quota: perMinute, keepMs: MINUTE_MS }
      return {
        recall: () => {},
        check: async () => refuse([bucket], await counts.read([bucket])),
        failed: async () => reached([bucket], await add([bucket])),
        succeeded: async () => {}
      }
    },

    /** Counts a sign-up of a stranger. @throws TooManyRequests */
    async signUp (address: string | undefined): Promise<void> {
      if (!rateLimitEnabled) return
      const quota = perMinute * NETWORK_FACTOR
      const bucket = { name: 'sign-up', account: 'sign-up', network: networkOf(address), quota, keepMs: MINUTE_MS }
      const found = await add([bucket])
      refuse([{ ...bucket, quota: quota + 1 }], found)
    }
  }
}

const changeOf = (userId: string) => `change ${userId}`

function tooMany ({ name, quota, keepMs, pauseMs }: Bucket, waitMs: number): Failure {
  return new TooManyRequests(undefined, {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
    limit: { name, quota: pauseMs === undefined ? quota : 1, windowSeconds: (pauseMs ?? keepMs) / 1000 }
  })
}

export type SignInGuard = ReturnType<typeof createSignInGuard>
