import { type Db, type Prisma, publicColumns, type PublicUser } from '../../db.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { pendingApproval } from '../access/approval.ts'
import { escapeLike } from '../upkeep/patterns.ts'
import { toOrder, type UserSort } from './user-orders.ts'

export type UserPage = {
  skip: number
  limit: number
  search?: string | undefined
  sort: UserSort
  waiting?: boolean
  /** An additional condition. */
  only?: Prisma.UserWhereInput | undefined
}

export const listedColumns = { ...publicColumns, approvedAt: true, isService: true } as const

/** An account of a list, with the columns that determine its status. */
export type ListedUser = PublicUser & { approvedAt: Date | null, isService: boolean }

type Page = { skip: number, take: number, orderBy: Prisma.UserOrderByWithRelationInput[] }

/** Lists of accounts, for superusers. */
export function createUserLists ({ db }: { db: Db }) {
  /** The database maintains this count: counting a million rows would take 40 times as long as reading a page. */
  async function countAll (): Promise<number> {
    const { _sum: { users } } = await db.userCount.aggregate({ _sum: { users: true } })
    return users ?? 0
  }

  /**
   * Reads the ids of the page from the index first: reading all columns of the skipped rows took most of the time for
   * pages far down.
   */
  async function readPage (where: Prisma.UserWhereInput, { orderBy, ...page }: Page): Promise<ListedUser[]> {
    if (page.skip === 0) return db.user.findMany({ where, ...page, orderBy, select: listedColumns })
    const ids = await db.user.findMany({ where, ...page, orderBy, select: { id: true } })
    return db.user.findMany({ where: { id: { in: ids.map(({ id }) => id) } }, orderBy, select: listedColumns })
  }

  return {
    /** One page of accounts. `search` is part of the username; case is ignored. */
    async page (
      { skip, limit, search, sort, waiting = false, only }: UserPage
    ): Promise<{ total: number, users: ListedUser[] }> {
      const where = {
        ...(search ? { usernameKey: { contains: escapeLike(usernameKey(search)) } } : {}),
        ...(waiting ? pendingApproval : {}),
        ...only
      }
      const [total, users] = await Promise.all([
        search || waiting || only ? db.user.count({ where }) : countAll(),
        readPage(where, { skip, take: limit, orderBy: toOrder(sort) })
      ])
      return { total, users }
    }
  }
}

export type UserLists = ReturnType<typeof createUserLists>
