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
 * Time limits of a statement, in milliseconds. The server cancels the statement before the client stops waiting. A
 * statement that was reported as failed can therefore never commit later, for example after a lock is released.
 */
export const statementLimits = {
  /** The request path (`Database.run`): a client waits for the response. */
  request: { serverMs: 2500, clientMs: 3000 },
  /** Prisma's queries: lists, bulk changes, transactions. */
  work: { serverMs: 10_000, clientMs: 11_000 }
} as const

/**
 * Share of the connections for the request path. Most requests need no others, and concurrent commits share a flush.
 */
const REQUEST_SHARE = 0.7

export type PostgresOptions = {
  url: string, poolSize: number, connectSeconds: number, onError: (error: unknown) => void
}

/** One pool per limit, because PostgreSQL's limit applies to the connection. */
type Pools = { request: pg.Pool, work: pg.Pool, pooling: Pooling, requestMs: number, end: () => Promise<void> }

/** @param max total number of connections, at least 2 */
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

/** Opens pools for a direct connection or for the mode of the pooler. Closes all pools on failure. */
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
  // Behind a pooler in transaction mode, Flowgate cannot set a time limit. The role's limit applies, and the client
  // must wait at least as long.
  const limits = pooling === 'session' ? statementLimits : { request: statementLimits.work, work: statementLimits.work }
  return createPools(target, pooling, limits, max, onError)
}

async function retryUntilConnected<T> (url: DatabaseUrl, connectSeconds: number, work: () => Promise<T>): Promise<T> {
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
 * Connects to PostgreSQL, directly or through a pooler, with at most `poolSize` connections. Retries for
 * `connectSeconds`; an error that a retry cannot fix is thrown immediately.
 * @throws SetupError with host, database and cause, never with the password; or with every property of the database
 * that Flowgate does not support
 */
export async function openPostgres (
  { url: text, poolSize, connectSeconds, onError }: PostgresOptions
): Promise<Database> {
  const { url, fault } = readDatabaseUrl(text)
  if (!url) throw new SetupError([{ subject: 'LANGFLOW_DATABASE_URL', ...fault }])
  const target = targetOf(url)
  const pools = await retryUntilConnected(url, connectSeconds, () => connect(target, poolSize, onError))
  const { request, work, pooling, requestMs, end } = pools
  // Prepared statements belong to a server connection, and the next statement may run on another one.
  const isNamed = pooling !== 'transaction'
  const run: RunStatement = async <Row>({ name, text }: { name: string, text: string }, values: readonly unknown[]) =>
    (await request.query<Row & pg.QueryResultRow>({ ...(isNamed ? { name } : {}), text, values: [...values] })).rows
  try {
    const facts = await retryUntilConnected(url, connectSeconds, () => readFacts(run))
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
