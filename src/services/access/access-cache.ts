import type { Db, Transaction } from '../../db.ts'
import type { Clock } from '../upkeep/clock.ts'
import { createMemory } from '../upkeep/memory.ts'
import type { Principal } from './principal.ts'

/** For how long a replica may believe what it has read: the bound within which every other one ends access. */
const MEMORY_MS = 1000
const REMEMBERED_MAX = 10_000

/**
 * What this process remembers of who a credential stands for, and the one way to change it: so that an end of access
 * counts at once here, and within a second everywhere.
 */
export function createAccess ({ db, clock }: { db: Db, clock: Clock }) {
  const remembered = createMemory<Principal>({ clock, max: REMEMBERED_MAX, ttlMs: MEMORY_MS })
  let changes = 0

  function forget () {
    changes++
    remembered.clear()
  }

  return {
    /** Drops everything remembered, after a change outside of `change`. */
    forget,

    /** Who a whole credential stood for, less than a second ago; one kind is never taken for another. */
    recall (credential: string, via: Principal['via']): Principal | undefined {
      const principal = remembered.get(credential)
      return principal?.via === via ? principal : undefined
    },

    /**
     * Looks a credential up and remembers the answer, unless something changed while it was looked up.
     * @param find the principal, and the moment its credential ends by itself
     */
    async remember (credential: string, find: () => Promise<{ principal: Principal, ends: Date | undefined }>) {
      const before = changes
      const { principal, ends } = await find()
      if (before === changes) remembered.set(credential, principal, ends)
      return principal
    },

    /**
     * Runs a change that may end or narrow somebody's access. All of it counts or nothing does; by the time the caller
     * hears of it, this process has forgotten what it knew.
     */
    async change<T> (work: (tx: Transaction) => Promise<T>): Promise<T> {
      try {
        return await db.$transaction(work)
      } finally {
        forget()
      }
    }
  }
}

export type Access = ReturnType<typeof createAccess>
