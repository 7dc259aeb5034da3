import { createFingerprint, digestOf } from '../../../crypto/digests.ts'
import type { PasswordHasher } from '../../../crypto/passwords.ts'
import type { FailureCounts } from '../../../db.ts'
import { networkOf } from '../../../policy/requests/networks.ts'
import { usernameKey } from '../../../policy/usernames.ts'
import type { Clock } from '../../upkeep/clock.ts'
import { isKnownNetwork, type KnownNetworks } from './known-networks.ts'
import { createCache } from '../../upkeep/cache.ts'
import { type Bucket, createThrottle, type Verdict, type Work } from './throttle.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** The limit of a network is this multiple of the limit of an account: several people may share an address. */
const NETWORK_FACTOR = 4
/**
 * Maximum number of consecutive failures of an account over all networks (NIST SP 800-63B-4, 3.2.2). After that, one
 * attempt per minute.
 */
export const CONSECUTIVE_MAX = 100
/** Langflow's web client of 2025 sends a failed sign-in three times. Repetitions within this time count once. */
const REPEATED_MS = 5000
const REPEATED_MAX = 2
/** How long a process caches whether an account knows a network: a sign-in on another replica may change it. */
const KNOWLEDGE_MS = 5000
/**
 * For a throttled network, the maximum number of accounts that are read per second to check whether they know the
 * network.
 */
const LOOKUPS_MAX = 20
const LOOKUPS_MS = 1000
const CACHED_MAX = 10_000

export type Attempt = {
  /** Refuses attempts that this process knows to be throttled, without a query. @throws TooManyRequests */
  refuseCached: () => void
  /**
   * Reserves the attempt in the counts, then runs the check in its turn of the hashing queue. A failure is counted; a
   * success clears the failures of the account.
   * @param known the known networks of the account
   * @returns with `reached`: the names of the limits that this failure reached
   * @throws TooManyRequests, ServiceBusy, or what the check and the queue throw; then nothing is counted
   */
  check: (known: KnownNetworks | undefined, work: Work) => Promise<Verdict>
}

type Dependencies = {
  counts: FailureCounts
  hasher: Pick<PasswordHasher, 'inTurn'>
  clock: Clock
  rateLimitEnabled: boolean
  rateLimitPerMinute: number
  /** Called when counts could not be cleared after a success or a new password, which remain valid. */
  onError: (error: unknown) => void
}

const pairBucket = (account: string, network: string, perMinute: number): Bucket =>
  ({ name: 'sign-in', account, network, quota: perMinute, keepMs: MINUTE_MS })
const accountBucket = (account: string): Bucket =>
  ({ name: 'account', account, network: '', quota: CONSECUTIVE_MAX, keepMs: DAY_MS, pauseMs: MINUTE_MS })

const changeOf = (userId: string) => `change ${userId}`

/** Limits failed sign-ins per account and network, per network, and per account over all networks. */
export function createSignInGuard (
  { counts, hasher, clock, rateLimitEnabled, rateLimitPerMinute: perMinute, onError }: Dependencies) {
  const throttle = createThrottle({ counts, hasher, clock, onError })
  const fingerprint = createFingerprint()
  const repeated = createCache<number>({ clock, max: CACHED_MAX, ttlMs: REPEATED_MS })
  /** Whether an account knows a network, by account and network. */
  const knowledge = createCache<{ isKnown: boolean }>({ clock, max: CACHED_MAX, ttlMs: KNOWLEDGE_MS })
  const lookups = createCache<number>({ clock, max: CACHED_MAX, ttlMs: LOOKUPS_MS })

  /** An attempt without limits. */
  const uncounted = (group: string): Attempt => ({
    refuseCached: () => {},
    check: async (_known, work) =>
      ({ isRight: await hasher.inTurn(group, work), reached: [], remaining: undefined, settled: Promise.resolve() })
  })

  function mayLookUp (network: string): boolean {
    const count = lookups.get(network)
    if (count === undefined) lookups.set(network, 1)
    else lookups.replace(network, count + 1)
    return (count ?? 0) < LOOKUPS_MAX
  }

  /** Counts how often the same password was sent. @returns whether it was sent shortly before */
  function isRepeated (key: string, password: string): boolean {
    const attempt = fingerprint(key, password)
    const times = repeated.get(attempt) ?? 0
    if (times === 0) repeated.set(attempt, 1)
    else repeated.replace(attempt, times === REPEATED_MAX ? 0 : times + 1)
    return times > 0
  }

  /** The accounts whose sign-ins are throttled from some network or from all, by digest, with the latest expiry. */
  async function throttledAccounts (accounts?: string[]): Promise<Map<string, Date>> {
    const throttled = new Map<string, Date>()
    if (!rateLimitEnabled) return throttled
    const now = clock()
    for (const count of await counts.find({ failuresMin: Math.min(perMinute, CONSECUTIVE_MAX), accounts }, now)) {
      const { account, network, failures, expiresAt } = count
      const { quota, keepMs } = network === '' ? accountBucket(account) : pairBucket(account, network, perMinute)
      const leftMs = expiresAt.getTime() - now.getTime()
      const known = throttled.get(account)
      if (failures < quota || leftMs <= 0 || leftMs > keepMs || (known && known > expiresAt)) continue
      throttled.set(account, expiresAt)
    }
    return throttled
  }

  /** Clears all failures of an account, from every network. */
  async function unlock ({ id, username }: { id: string, username: string }): Promise<void> {
    await counts.removeAccount(digestOf(usernameKey(username)))
    await counts.removeAccount(changeOf(id))
    throttle.clearCache()
  }

  return {
    unlock,

    /** When the throttling of sign-ins ends, by username key. Accounts that are not throttled are missing. */
    async throttledUntil (usernameKeys: string[]): Promise<Map<string, Date>> {
      const keys = new Map(usernameKeys.map(key => [digestOf(key), key]))
      const throttled = await throttledAccounts([...keys.keys()])
      return new Map([...throttled].map(([account, until]) => [keys.get(account) ?? account, until]))
    },

    /** Digests of the username keys whose sign-ins are throttled, of accounts that exist or not. */
    throttledDigests: async (): Promise<string[]> => [...(await throttledAccounts()).keys()],

    /** The same after a new password. The password remains changed if the counts cannot be cleared. */
    unlockAfterChange: (account: { id: string, username: string }): Promise<void> => unlock(account).catch(onError),

    /** The limits of a sign-in. All spellings of a username have the same counts, whether the account exists or not. */
    signIn (username: string, password: string, address: string | undefined): Attempt {
      const [account, network] = [digestOf(usernameKey(username)), networkOf(address)]
      if (!rateLimitEnabled) return uncounted(network)
      const key = `${account} ${network}`
      const pair = pairBucket(account, network, perMinute)
      const wide: Bucket[] = [
        { name: 'network', account: '', network, quota: perMinute * NETWORK_FACTOR, keepMs: MINUTE_MS },
        accountBucket(account)
      ]

      function refuseCached () {
        const failure = throttle.cachedFailure(pair)
        if (failure) throw failure
        const isKnown = knowledge.get(key)?.isKnown
        if (isKnown) return
        const wideFailure = wide.map(throttle.cachedFailure).find(found => found !== undefined)
        // The wide limits do not apply if the account knows the network, which only a query shows.
        if (wideFailure && (isKnown === false || !mayLookUp(network))) throw wideFailure
      }

      return {
        refuseCached,
        check: async (known, work) => {
          const isKnown = isKnownNetwork(known, network, clock())
          knowledge.set(key, { isKnown })
          const verdict = await throttle.check({
            key,
            quota: perMinute,
            group: network,
            buckets: [pair, ...wide],
            binding: isKnown ? [pair] : [pair, ...wide],
            isRepeated: () => isRepeated(key, password),
            clears: bucket => bucket.account !== '',
            refuseCached
          }, work)
          if (verdict.isRight) knowledge.set(key, { isKnown: true })
          return verdict
        }
      }
    },

    /** The limits of a check of the current password by a signed-in user. */
    passwordChange (userId: string): Attempt {
      const account = changeOf(userId)
      if (!rateLimitEnabled) return uncounted(account)
      const bucket = { name: 'password-change', account, network: '', quota: perMinute, keepMs: MINUTE_MS }
      const refuseCached = () => {
        const failure = throttle.cachedFailure(bucket)
        if (failure) throw failure
      }
      return {
        refuseCached,
        check: (_known, work) => throttle.check({
          key: account,
          quota: perMinute,
          group: account,
          buckets: [bucket],
          binding: [bucket],
          isRepeated: () => false,
          clears: () => true,
          refuseCached
        }, work)
      }
    },

    /** Counts a sign-up. @throws TooManyRequests */
    async signUp (address: string | undefined): Promise<void> {
      if (!rateLimitEnabled) return
      const quota = perMinute * NETWORK_FACTOR
      const network = networkOf(address)
      await throttle.count({ name: 'sign-up', account: 'sign-up', network, quota, keepMs: MINUTE_MS })
    }
  }
}

export type SignInGuard = ReturnType<typeof createSignInGuard>
