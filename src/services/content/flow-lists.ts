import type { Db, Prisma, Transaction } from '../../db.ts'
import { NoFlowsFound } from '../../errors.ts'
import { flowColumns, type FlowRow, headerColumns } from './flow-rows.ts'

/** Which flows of an account; what is undefined does not matter. */
export type FlowFilter = {
  projectId?: string | undefined, isComponent?: boolean | undefined, search?: string | undefined
}

export type PageRequest = { page: number, size: number }

/** Rows in batches, read as they are wanted: however long a list is, little of it is in memory at once. */
export type FlowBatches = AsyncIterable<FlowRow[]>

export type FlowPage = PageRequest & { total: number, items: FlowBatches }

/** Which flow, and how to read it when its turn comes. */
export type FlowSource = { id: string, name: string, read: () => Promise<FlowRow | undefined> }

const HEADERS_AT_ONCE = 1000

/** Rows with content at first, and the bytes one batch should come to: contents may have a few bytes or megabytes. */
const FLOWS_AT_ONCE = 8
const BATCH_BYTES = 2 * 1024 * 1024

/** How many rows to read next, after a batch of that many bytes. */
function nextCount (count: number, rows: FlowRow[]): number {
  const bytes = rows.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)
  if (bytes > BATCH_BYTES) return Math.max(1, count >> 1)
  return bytes < BATCH_BYTES / 4 ? Math.min(HEADERS_AT_ONCE, count * 2) : count
}

/** Prisma hands `contains` to LIKE as it is: what somebody typed means itself. */
const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&')

/** Lists of one account's flows: whole ones, pages, and those that were named. */
export function createFlowLists ({ db }: { db: Db }) {
  /**
   * Reads with the planner kept to the indexes that were made for it. Left alone it sorts whole lists where it has no
   * statistics: in a table that was filled just now, and in the embedded database, which has no autovacuum.
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

  /** How many match, and the ids of one page of them, the last edited first. */
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

  /** The rows of these ids in their order; those that went in the meantime are passed over. */
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
    /** All that match, in the order of their ids: editing one while the list is read makes none come twice or never. */
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
     * One page, the last edited first. Count and ids come from an index alone, and the ids are looked for from the
     * nearer end: a page in the middle of a long list costs little more than the first.
     */
    async page (
      userId: string, filter: FlowFilter, { page, size }: PageRequest, { withData }: { withData: boolean }
    ): Promise<FlowPage> {
      const { total, ids } = await idsOfPage(matching(userId, filter), { page, size })
      return { total, page, size, items: byIds(userId, ids, withData) }
    },

    /** Those of the ids that are the account's own, to be read one after the other. @throws NoFlowsFound */
    async sources (userId: string, ids: string[]): Promise<[FlowSource, ...FlowSource[]]> {
      const rows = await db.flow.findMany({
        where: { userId, id: { in: ids } }, orderBy: { name: 'asc' }, select: { id: true, name: true }
      })
      const [first, ...more] = rows.map(({ id, name }): FlowSource =>
        ({ id, name, read: async () => (await read(db, { userId, id }, true))[0] }))
      if (!first) throw new NoFlowsFound()
      return [first, ...more]
    },

    /** Which of the ids are flows or projects of the account. */
    async ownIds (userId: string, ids: string[]): Promise<Set<string>> {
      const query = { where: { userId, id: { in: ids } }, select: { id: true } } as const
      const found = await Promise.all([db.flow.findMany(query), db.project.findMany(query)])
      return new Set(found.flat().map(({ id }) => id))
    }
  }
}

export type FlowLists = ReturnType<typeof createFlowLists>
