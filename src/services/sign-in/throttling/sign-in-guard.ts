import { createFingerprint, digestOf } from '../../../crypto/digests.ts'
import type { PasswordHasher } from '../../../crypto/passwords.ts'
import type { FailureCounts } from '../../../db.ts'
import { networkOf } from '../../../policy/requests/networks.ts'
import { usernameKey } from '../../../policy/usernames.ts'
import type { Clock } from '../../upkeep/clock.ts'
import { isKnownNetwork, type KnownNetworks } from './known-networks.ts'
import { createMemory } from '../../upkeep/memory.ts'
import { type Bucket, createThrottle, type Verdict, type Work } from './throttle.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** One network may fail so many times as often as one account from it: people share addresses. */
const NETWORK_FACTOR = 4
/** Most consecutive failures of an account over all networks (NIST SP 800-63B-4, 3.2.2); then one a minute. */
export const CONSECUTIVE_MAX = 100
/** Langflow's 2025 web client sends a failed sign-in three times. */
const REPEATED_MS = 5000
const REPEATED_MAX = 2
/** How long a process remembers whether an account knows a network: a sign-in on another replica may change it. */
const KNOWLEDGE_MS = 5000
/** From a throttled network, so many accounts are read in a second to see whether they know the network. */
const LOOKUPS_MAX = 20
const LOOKUPS_MS = 1000
const REMEMBERED_MAX = 10_000

export type Attempt = {
  /** Refuses what this process knows to be throttled, without a read. @throws TooManyRequests */
  refuseRemembered: () => void
  /**
   * Reserves a place for the attempt, then checks it in its turn of the hashing queue. A failure counts, a success
   * clears the failures of the account.
   * @param known networks of the account
   * @returns with `reached`: the names of the bounds that this failure used up
   * @throws TooManyRequests, ServiceBusy, or what the work and the queue throw: then nothing is counted
   */
  check: (known: KnownNetworks | undefined, work: Work) => Promise<Verdict>
}

type Dependencies = {
  counts: FailureCounts
  hasher: Pick<PasswordHasher, 'inTurn'>
  clock: Clock
  rateLimitEnabled: boolean
  rateLimitPerMinute: number
  /** Called when counts could not be cleared after a success or a new password, which stand all the same. */
  onError: (error: unknown) => void
}

const pairBucket = (account: string, network: string, perMinute: number): Bucket =>
  ({ name: 'sign-in', account, network, quota: perMinute, keepMs: MINUTE_MS })
const accountBucket = (account: string): Bucket =>
  ({ name: 'account', account, network: '', quota: CONSECUTIVE_MAX, keepMs: DAY_MS, pauseMs: MINUTE_MS })

const changeOf = (userId: string) => `change ${userId}`

/** Throttles guessing: per account and network, per network, and per account over all networks. */
export function createSignInGuard (
  { counts, hasher, clock, rateLimitEnabled, rateLimitPerMinute: perMinute, onError }: Dependencies) {
  const throttle = createThrottle({ counts, hasher, clock, onError })
  const fingerprint = createFingerprint()
  const repeated = createMemory<number>({ clock, max: REMEMBERED_MAX, ttlMs: REPEATED_MS })
  /** Whether an account knows a network, by both. */
  const knowledge = createMemory<{ isKnown: boolean }>({ clock, max: REMEMBERED_MAX, ttlMs: KNOWLEDGE_MS })
  const lookups = createMemory<number>({ clock, max: REMEMBERED_MAX, ttlMs: LOOKUPS_MS })

  /** An attempt that is not counted. */
  const uncounted = (group: string): Attempt => ({
    refuseRemembered: () => {},
    check: async (_known, work) =>
      ({ isRight: await hasher.inTurn(group, work), reached: [], remaining: undefined, settled: Promise.resolve() })
  })

  function mayLookUp (network: string): boolean {
    const count = lookups.get(network)
    if (count === undefined) lookups.set(network, 1)
    else lookups.replace(network, count + 1)
    return (count ?? 0) < LOOKUPS_MAX
  }

  /** Counts how often the same password was sent. @returns whether it was sent a moment ago */
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

  /** Clears all failures of an account, wherever they came from. */
  async function unlock ({ id, username }: { id: string, username: string }): Promise<void> {
    await counts.removeAccount(digestOf(usernameKey(username)))
    await counts.removeAccount(changeOf(id))
    throttle.forget()
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

    /** The same after a new password, which stands whatever becomes of the counts. */
    unlockAfterChange: (account: { id: string, username: string }): Promise<void> => unlock(account).catch(onError),

    /** A sign-in about to be checked. The name counts in all its spellings, whether there is such an account or not. */
    signIn (username: string, password: string, address: string | undefined): Attempt {
      const [account, network] = [digestOf(usernameKey(username)), networkOf(address)]
      if (!rateLimitEnabled) return uncounted(network)
      const key = `${account} ${network}`
      const pair = pairBucket(account, network, perMinute)
      const wide: Bucket[] = [
        { name: 'network', account: '', network, quota: perMinute * NETWORK_FACTOR, keepMs: MINUTE_MS },
        accountBucket(account)
      ]

      function refuseRemembered () {
        const failure = throttle.remembered(pair)
        if (failure) throw failure
        const isKnown = knowledge.get(key)?.isKnown
        if (isKnown) return
        const wideFailure = wide.map(throttle.remembered).find(found => found !== undefined)
        // Only a read tells whether the account knows the network, where the wide bounds do not apply.
        if (wideFailure && (isKnown === false || !mayLookUp(network))) throw wideFailure
      }

      return {
        refuseRemembered,
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
            refuseRemembered
          }, work)
          if (verdict.isRight) knowledge.set(key, { isKnown: true })
          return verdict
        }
      }
    },

    /** A guess at the current password by somebody who is signed in. */
    passwordChange (userId: string): Attempt {
      const account = changeOf(userId)
      if (!rateLimitEnabled) return uncounted(account)
      const bucket = { name: 'password-change', account, network: '', quota: perMinute, keepMs: MINUTE_MS }
      const refuseRemembered = () => {
        const failure = throttle.remembered(bucket)
        if (failure) throw failure
      }
      return {
        refuseRemembered,
        check: (_known, work) => throttle.check({
          key: account,
          quota: perMinute,
          group: account,
          buckets: [bucket],
          binding: [bucket],
          isRepeated: () => false,
          clears: () => true,
          refuseRemembered
        }, work)
      }
    },

    /** Counts a sign-up without credentials. @throws TooManyRequests */
    async signUp (address: string | undefined): Promise<void> {
      if (!rateLimitEnabled) return
      const quota = perMinute * NETWORK_FACTOR
      const network = networkOf(address)
      await throttle.count({ name: 'sign-up', account: 'sign-up', network, quota, keepMs: MINUTE_MS })
    }
  }
}

export type SignInGuard = ReturnType<typeof createSignInGuard>
