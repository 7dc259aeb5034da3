import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type DatabaseUrl, readDatabaseUrl } from '../../policy/database-url.ts'
import { SetupError } from '../../errors.ts'
import { createClient } from '../client.ts'
import { createPool, type Limits, type Pooling, type Target, targetOf } from './connection.ts'
import type { Database } from '../database.ts'
import { createDatabaseClock } from '../database-clock.ts'
import { readFacts } from '../facts.ts'
import { openMigrationPool } from './migration-pool.ts'
import { withWholeScripts } from '../migration-adapter.ts'
import { trackConnections } from './pool-end.ts'
import { findPooling, isDirect, isParameterRefused } from './pooling.ts'
import type { RunStatement } from '../statements.ts'
import { requireUsable } from '../usable.ts'
import { isPermanent, unreachable } from './unreachable.ts'

/**
 * How long one statement may take, in milliseconds. The server cancels it before the client gives up, so that a
 * statement that was answered with a failure never commits later, for example when a lock is released.
 */
export const statementLimits = {
  /** The request path (`Database.run`): a client waits for the answer. */
  request: { serverMs: 2500, clientMs: 3000 },
  /** Everything else, through Prisma: lists, bulk changes, transactions. */
  work: { serverMs: 10_000, clientMs: 11_000 }
} as const

/** Share of the request path in the connections: most requests need no others, and commits at once share a flush. */
const REQUEST_SHARE = 0.7

export type PostgresOptions = {
  url: string, poolSize: number, connectSeconds: number, onError: (error: unknown) => void
}

/** One pool for each limit: PostgreSQL's limit belongs to the connection. */
type Pools = { request: pg.Pool, work: pg.Pool, pooling: Pooling, requestMs: number, end: () => Promise<void> }

/** @param max connections of both pools, at least 2 */
function createPools (
  target: Target, pooling: Pooling, limits: { request: Limits, work: Limits }, max: number,
  onError: (error: Error) => void
): Pools {
  const requestMax = Math.min(Math.ceil(max * REQUEST_SHARE), max - 1)
  const request = createPool({ target, pooling, limits: limits.request, max: requestMax, onError })
  const work = createPool({ target, pooling, limits: limits.work, max: max - requestMax, onError })
  const ends = [request, work].map(trackConnections)
  const end = async () => { await Promise.all(ends.map(endOne => endOne())) }
  return { request, work, pooling, requestMs: limits.request.clientMs, end }
}

/** Opens pools that fit what is at the other end; what was opened before a failure is closed. */
async function connect (target: Target, max: number, onError: (error: unknown) => void): Promise<Pools> {
  if (!target.url.isPooled) {
    const pools = createPools(target, 'none', statementLimits, max, onError)
    try {
      if (await isDirect(pools.request)) return pools
    } catch (error) {
      if (!isParameterRefused(error)) {
        await pools.end()
        throw error
      }
    }
    await pools.end()
  }
  const pooling = await findPooling(target)
  // Nothing can set a limit behind a pooler that passes connections on after each transaction: the role's own counts,
  // and this process waits as long as that.
  const limits = pooling === 'session' ? statementLimits : { request: statementLimits.work, work: statementLimits.work }
  return createPools(target, pooling, limits, max, onError)
}

async function untilItAnswers<T> (url: DatabaseUrl, connectSeconds: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + connectSeconds * 1000
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2000)) {
    try {
      return await work()
    } catch (cause) {
      if (isPermanent(cause) || Date.now() + pauseMs > deadline) throw unreachable(url, cause)
      await sleep(pauseMs)
    }
  }
}

/**
 * Connects to PostgreSQL, directly or through a pooler, with `poolSize` connections at most. A server that does not
 * answer is asked again for `connectSeconds`; a failure that waiting does not remove ends this at once.
 * @throws SetupError that names host, database and cause, never the password; or everything about the database that
 *   Flowgate cannot work with
 */
export async function openPostgres (
  { url: text, poolSize, connectSeconds, onError }: PostgresOptions
): Promise<Database> {
  const { url, fault } = readDatabaseUrl(text)
  if (!url) throw new SetupError([{ subject: 'LANGFLOW_DATABASE_URL', ...fault }])
  const target = targetOf(url)
  const pools = await untilItAnswers(url, connectSeconds, () => connect(target, poolSize, onError))
  const { request, work, pooling, requestMs, end } = pools
  // A name belongs to one server connection, and the next statement may run on another.
  const isNamed = pooling !== 'transaction'
  const run: RunStatement = async <Row>({ name, text }: { name: string, text: string }, values: readonly unknown[]) =>
    (await request.query<Row & pg.QueryResultRow>({ ...(isNamed ? { name } : {}), text, values: [...values] })).rows
  try {
    const facts = await untilItAnswers(url, connectSeconds, () => readFacts(run))
    requireUsable(facts, { schema: url.schema, pooling, statementMsMax: statementLimits.work.serverMs })
    const client = createClient(new PrismaPg(work, { schema: facts.schema ?? 'public' }))
    const clock = createDatabaseClock(run, onError)
    return {
      client,
      run,
      facts,
      clock,
      deadline: () => new Date(clock.now().getTime() + requestMs).toISOString(),
      kind: 'postgresql',
      label: labelOf(url, pooling),
      openMigrationAdapter: ({ prepare, onError }) => {
        const { pool, commit, close } = openMigrationPool(target, pooling)
        const adapter = new PrismaPg(pool, { schema: facts.schema ?? 'public' })
        return { adapter: withWholeScripts(adapter, script => pool.query(prepare(script)), onError), commit, close }
      },
      close: async () => {
        await client.$disconnect()
        await end()
      }
    }
  } catch (error) {
    await end()
    throw error
  }
}

const poolers: Record<Pooling, string> = {
  none: '', session: ', through a pooler (session mode)', transaction: ', through a pooler (transaction mode)'
}

const labelOf = ({ host, port, database = '' }: DatabaseUrl, pooling: Pooling) =>
  `PostgreSQL at ${host}:${port}/${database}${poolers[pooling]}`
