import type { Db, Prisma, Transaction } from '../../db.ts'
import { NoFlowsFound } from '../../errors.ts'
import { escapeLike } from '../upkeep/patterns.ts'
import { flowColumns, type FlowRow, headerColumns } from './flow-rows.ts'

/** A filter for the flows of an account. Undefined members match everything. */
export type FlowFilter = {
  projectId?: string | undefined, isComponent?: boolean | undefined, search?: string | undefined
}

export type PageRequest = { page: number, size: number }

/** Rows in batches that are read on demand, so that a long list needs little memory. */
export type FlowBatches = AsyncIterable<FlowRow[]>

export type FlowPage = PageRequest & { total: number, items: FlowBatches }

/** A flow that is read when its turn comes. */
export type FlowSource = { id: string, name: string, read: () => Promise<FlowRow | undefined> }

const HEADERS_AT_ONCE = 1000

/**
 * The rows of the first batch with content, and the target size of a batch: a flow may have a few bytes or several
 * megabytes.
 */
const FLOWS_AT_ONCE = 8
const BATCH_BYTES = 2 * 1024 * 1024

/** The number of rows of the next batch, from the size of the last one. */
function nextCount (count: number, rows: FlowRow[]): number {
  const bytes = rows.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)
  if (bytes > BATCH_BYTES) return Math.max(1, count >> 1)
  return bytes < BATCH_BYTES / 4 ? Math.min(HEADERS_AT_ONCE, count * 2) : count
}

/** Lists of the flows of one account. */
export function createFlowLists ({ db }: { db: Db }) {
  /**
   * Makes PostgreSQL's planner use the indexes. Without statistics it sorts the whole list: in a table that was just
   * filled, and in the embedded database, which has no autovacuum.
   */
  const alongIndexes = <T>(work: (tx: Transaction) => Promise<T>) => db.$transaction(async tx => {
    await tx.$executeRaw`SELECT set_config(name, 'off', true)
      FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_sort']) AS name`
    return work(tx)
  })

  async function read (
    tx: Transaction, where: Prisma.FlowWhereInput, withData: boolean, take?: number): Promise<FlowRow[]> {
    const query = { where, orderBy: { id: 'asc' }, ...(take === undefined ? {} : { take }) } as const
    if (withData) return tx.flow.findMany({ ...query, select: flowColumns })
    const headers = await tx.flow.findMany({ ...query, select: headerColumns })
    return headers.map(header => ({ ...header, data: null }))
  }

  /** The number of matching flows, and the ids of one page, the last edited first. */
  const idsOfPage = (where: Prisma.FlowWhereInput, { page, size }: PageRequest) => alongIndexes(async tx => {
    const total = await tx.flow.count({ where })
    const offset = (page - 1) * size
    const take = Math.max(0, Math.min(size, total - offset))
    if (take === 0) return { total, ids: [] }
    const fromEnd = offset > total / 2
    const order = fromEnd ? 'asc' : 'desc'
    const rows = await tx.flow.findMany({
      where,
      skip: fromEnd ? total - offset - take : offset,
      take,
      orderBy: [{ updatedAt: order }, { id: order }],
      select: { id: true }
    })
    const ids = rows.map(({ id }) => id)
    return { total, ids: fromEnd ? ids.reverse() : ids }
  })

  const matching = (userId: string, { projectId, isComponent, search }: FlowFilter): Prisma.FlowWhereInput => ({
    userId,
    ...(projectId === undefined ? {} : { projectId }),
    ...(isComponent === undefined ? {} : { isComponent }),
    ...(search ? { name: { contains: escapeLike(search), mode: 'insensitive' } } : {})
  })

  /** Reads the rows with these ids, in their order. Rows that were deleted meanwhile are omitted. */
  async function * byIds (userId: string, ids: string[], withData: boolean): FlowBatches {
    let count = withData ? FLOWS_AT_ONCE : HEADERS_AT_ONCE
    for (let done = 0; done < ids.length;) {
      const wanted = ids.slice(done, done + count)
      done += wanted.length
      const rows = new Map((await read(db, { userId, id: { in: wanted } }, withData)).map(row => [row.id, row]))
      yield wanted.flatMap(id => rows.get(id) ?? [])
      count = nextCount(count, [...rows.values()])
    }
  }

  return {
    /**
     * All matching flows in the order of their ids, so that an edit during the read neither repeats nor omits a flow.
     */
    async * all (userId: string, filter: FlowFilter, { withData }: { withData: boolean }): FlowBatches {
      const where = matching(userId, filter)
      let count = withData ? FLOWS_AT_ONCE : HEADERS_AT_ONCE
      for (let last: string | undefined; ;) {
        const rest = last === undefined ? where : { AND: [where, { id: { gt: last } }] }
        const rows = await alongIndexes(tx => read(tx, rest, withData, count))
        yield rows
        last = rows.at(-1)?.id
        if (rows.length < count || last === undefined) return
        count = nextCount(count, rows)
      }
    },

    /**
     * One page, the last edited first. Count and ids are read from an index only, from the nearer end of the list: a
     * page in the middle costs little more than the first.
     */
    async page (
      userId: string, filter: FlowFilter, { page, size }: PageRequest, { withData }: { withData: boolean }
    ): Promise<FlowPage> {
      const { total, ids } = await idsOfPage(matching(userId, filter), { page, size })
      return { total, page, size, items: byIds(userId, ids, withData) }
    },

    /** The flows with these ids that the account owns. @throws NoFlowsFound if there are none */
    async sources (userId: string, ids: string[]): Promise<[FlowSource, ...FlowSource[]]> {
      const rows = await db.flow.findMany({
        where: { userId, id: { in: ids } }, orderBy: { name: 'asc' }, select: { id: true, name: true }
      })
      const [first, ...more] = rows.map(({ id, name }): FlowSource =>
        ({ id, name, read: async () => (await read(db, { userId, id }, true))[0] }))
      if (!first) throw new NoFlowsFound()
      return [first, ...more]
    },

    /** The ids that are flows or projects of the account. */
    async ownIds (userId: string, ids: string[]): Promise<Set<string>> {
      const query = { where: { userId, id: { in: ids } }, select: { id: true } } as const
      const found = await Promise.all([db.flow.findMany(query), db.project.findMany(query)])
      return new Set(found.flat().map(({ id }) => id))
    }
  }
}

export type FlowLists = ReturnType<typeof createFlowLists>
