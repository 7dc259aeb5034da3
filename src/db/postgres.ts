import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { SetupError } from '../errors.ts'
import { createClient } from './client.ts'
import { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { createDatabaseClock } from './database-clock.ts'
import { withWholeScripts } from './migration-adapter.ts'
import { trackConnections } from './pool-end.ts'
import type { RunStatement } from './statements.ts'

const CONNECT_TIMEOUT_MS = 3000

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

type Limits = typeof statementLimits[keyof typeof statementLimits]

export type PostgresOptions = { url: string, poolSize: number, connectSeconds: number, onError: (error: Error) => void }

/** One pool for each limit: PostgreSQL's limit belongs to the connection. */
type Pools = { request: pg.Pool, work: pg.Pool, end: () => Promise<void> }

function createPool (url: string, max: number, { serverMs, clientMs }: Limits, onError: (error: Error) => void) {
  const pool = new pg.Pool({
    Client: Connection,
    connectionString: url,
    max,
    application_name: 'flowgate',
    // Without these, `pg` waits forever for a server that hangs.
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: serverMs,
    query_timeout: clientMs,
    idle_in_transaction_session_timeout: serverMs * 2,
    keepAlive: true
  })
  // Without a listener, an error on an idle connection ends the process.
  pool.on('error', onError)
  return pool
}

/**
 * Connections to PostgreSQL, `poolSize` of them at most; at least 2.
 * @returns `ready` resolves when the server answers; it is asked again until it does or `connectSeconds` have passed,
 *   then `ready` rejects with a SetupError that names host and database, never the password
 */
export function openPools (
  { url, poolSize, connectSeconds, onError }: PostgresOptions
): { pools: Pools, ready: Promise<void> } {
  const requestMax = Math.min(Math.ceil(poolSize * REQUEST_SHARE), poolSize - 1)
  const request = createPool(url, requestMax, statementLimits.request, onError)
  const work = createPool(url, poolSize - requestMax, statementLimits.work, onError)
  const ends = [request, work].map(trackConnections)
  const end = async () => { await Promise.all(ends.map(endOne => endOne())) }
  return { pools: { request, work, end }, ready: untilItAnswers(request, url, connectSeconds, end) }
}

async function untilItAnswers (
  pool: pg.Pool, url: string, connectSeconds: number, end: () => Promise<void>
): Promise<void> {
  const deadline = Date.now() + connectSeconds * 1000
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2000)) {
    try {
      await pool.query('SELECT 1')
      return
    } catch (cause) {
      if (isRefusal(cause) || Date.now() + pauseMs > deadline) {
        await end()
        throw unreachable(url, cause)
      }
      await sleep(pauseMs)
    }
  }
}

/** One connection without limits, for the schema engine: its advisory lock belongs to the connection it works on. */
function openMigrationPool (url: string): pg.Pool {
  const pool = new pg.Pool({
    Client: Connection, connectionString: url, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS
  })
  pool.on('error', () => {}) // the query that was running reports it
  return pool
}

/** Wrong password, unknown role, unknown database: waiting does not help. */
function isRefusal (error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('28') || code === '3D000'
}

function unreachable (url: string, cause: unknown): SetupError {
  const { hostname, port, pathname, username } = new URL(url)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer in time'
  return new SetupError([{
    subject: 'LANGFLOW_DATABASE_URL',
    problem: `PostgreSQL at ${hostname}:${port || 5432}, database ${pathname.slice(1) || username}, ` +
      `user ${decodeURIComponent(username)}: ${code}`,
    remedy: 'Check that it runs and that name, password and database are right; ' +
      'try: psql "$LANGFLOW_DATABASE_URL" -c "SELECT 1"'
  }], { exitCode: 1, cause })
}

/** Wraps the pools. */
export function fromPools ({ request, work, end }: Pools, url: string, onError: (error: unknown) => void): Database {
  const client = createClient(new PrismaPg(work))
  const { hostname, port, pathname } = new URL(url)
  const run: RunStatement = async <Row>(statement: { name: string, text: string }, values: readonly unknown[]) =>
    (await request.query<Row & pg.QueryResultRow>({ ...statement, values: [...values] })).rows
  const clock = createDatabaseClock(run, onError)
  return {
    client,
    run,
    clock,
    deadline: () => new Date(clock.now().getTime() + statementLimits.request.clientMs).toISOString(),
    kind: 'postgresql',
    label: `PostgreSQL at ${hostname}:${port || 5432}${pathname}`,
    openMigrationAdapter: ({ prepare, onError }) => {
      const own = openMigrationPool(url)
      const adapter = withWholeScripts(new PrismaPg(own), script => own.query(prepare(script)), onError)
      return { adapter, close: () => own.end() }
    },
    close: async () => {
      await client.$disconnect()
      await end()
    }
  }
}
