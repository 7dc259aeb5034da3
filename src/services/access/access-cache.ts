import type { Transaction } from '../../db.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { createCache } from '../upkeep/cache.ts'
import type { Principal } from './principal.ts'

/** How long a cached principal is used: within this time every other replica ends access that was revoked. */
const TTL_MS = 1000
const ENTRIES_MAX = 10_000

/** Each kind has its own cache, so that a credential is never found as one of another kind. */
type Kind = 'access_token' | 'refresh_token' | 'api_key'

/** A principal, and the moment after which its credential must be checked again. */
export type Lookup = { principal: Principal, ends: Date | undefined }

/**
 * Caches the principal of each credential, and runs the changes that revoke access: they take effect immediately in
 * this process, and within `TTL_MS` in every other one.
 */
export function createAccessCache ({ events, clock }: { events: EventSink, clock: Clock }) {
  const create = () => createCache<Principal>({ clock, max: ENTRIES_MAX, ttlMs: TTL_MS })
  const caches: Readonly<Record<Kind, ReturnType<typeof create>>> =
    { access_token: create(), refresh_token: create(), api_key: create() }
  let changes = 0

  function clear () {
    changes++
    for (const cache of Object.values(caches)) cache.clear()
  }

  return {
    /** Empties the cache after a change that was not made by `change`. */
    clear,

    /** The cached principal of a credential. */
    get: (kind: Kind, credential: string): Principal | undefined => caches[kind].get(credential),

    /** Looks a credential up. The result is cached, unless access changed during the lookup. */
    async load (kind: Kind, credential: string, find: () => Promise<Lookup>): Promise<Principal> {
      const before = changes
      const { principal, ends } = await find()
      if (before === changes) caches[kind].set(credential, principal, ends)
      return principal
    },

    /**
     * Runs a transaction that may revoke or reduce access. The cache is empty when the returned promise settles, also
     * when the transaction failed: a commit whose answer was lost counts, too.
     */
    async change<T> (work: (tx: Transaction) => Promise<T>): Promise<T> {
      try {
        return await events.transaction(work)
      } finally {
        clear()
      }
    }
  }
}

export type AccessCache = ReturnType<typeof createAccessCache>
