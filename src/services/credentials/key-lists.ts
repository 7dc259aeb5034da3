import type { Db, Prisma } from '../../db.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { escapeLike } from '../upkeep/patterns.ts'
import type { Clock } from '../upkeep/clock.ts'
import { apiKeyColumns, type PublicApiKey } from './key-columns.ts'

/** A column that lists of keys are sorted by. */
export type KeySort = { by: 'username' | 'createdAt' | 'expiresAt' | 'lastUsedAt', isDescending: boolean }

export type KeyPage = {
  skip: number
  limit: number
  /** Part of the owner's username. */
  search?: string | undefined
  sort: KeySort
}

/** An account that owns a key. */
export type KeyOwnerFacts = { id: string, username: string, isActive: boolean, isService: boolean }

export type OwnedApiKey = PublicApiKey & { user: KeyOwnerFacts }

/** Uses of a key on one day, in UTC. */
export type DayUses = { day: Date, uses: number }

const DAY_MS = 86_400_000

function toOrder ({ by, isDescending }: KeySort): Prisma.ApiKeyOrderByWithRelationInput[] {
  const way = isDescending ? 'desc' : 'asc'
  switch (by) {
    case 'username': return [{ user: { username: way } }, { createdAt: way }, { id: way }]
    case 'createdAt': return [{ createdAt: way }, { id: way }]
    case 'expiresAt': return [{ expiresAt: way }, { id: way }]
    // A key that was never used comes before all others.
    case 'lastUsedAt': return [{ lastUsedAt: { sort: way, nulls: isDescending ? 'last' : 'first' } }, { id: way }]
  }
}

/** What superusers and owners read about many keys or many days. */
export function createKeyLists ({ db, clock }: { db: Db, clock: Clock }) {
  return {
    /** One page of the keys of all accounts. */
    async page ({ skip, limit, search, sort }: KeyPage): Promise<{ total: number, keys: OwnedApiKey[] }> {
      const where = search ? { user: { usernameKey: { contains: escapeLike(usernameKey(search)) } } } : {}
      const [total, keys] = await Promise.all([
        db.apiKey.count({ where }),
        db.apiKey.findMany({
          where,
          skip,
          take: limit,
          orderBy: toOrder(sort),
          select: {
            ...apiKeyColumns, user: { select: { id: true, username: true, isActive: true, isService: true } }
          }
        })
      ])
      return { total, keys }
    },

    /** The uses of a key on each of the last days, the oldest first. Today is the last one. */
    async usesByDay (apiKeyId: string, days: number): Promise<DayUses[]> {
      const today = Math.floor(clock().getTime() / DAY_MS)
      const wanted = Array.from({ length: days }, (_, index) => new Date((today - days + 1 + index) * DAY_MS))
      const rows = await db.apiKeyUses.findMany({
        where: { apiKeyId, day: { gte: wanted[0] ?? new Date(0) } }, select: { day: true, uses: true }
      })
      const usesOf = new Map(rows.map(({ day, uses }) => [day.getTime(), Number(uses)]))
      return wanted.map(day => ({ day, uses: usesOf.get(day.getTime()) ?? 0 }))
    }
  }
}

export type KeyLists = ReturnType<typeof createKeyLists>
