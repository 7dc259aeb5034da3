import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { SetupError } from '../errors.ts'
import { createClient } from './client.ts'
import type { Database } from './database.ts'
import { withWholeScripts } from './migration-adapter.ts'

/** Bounds that keep a request from waiting for a database that does not answer. */
const CONNECT_TIMEOUT_MS = 3000
const STATEMENT_TIMEOUT_MS = 10_000

export type PostgresOptions = { url: string, poolSize: number, connectSeconds: number, onError: (error: Error) => void }

/**
 * A pool of connections to PostgreSQL.
 * @returns `ready`: when the server answered; tried again until it does or `connectSeconds` have passed, then rejects
 *   with a SetupError naming host and database, never the password
 */
export function openPool (
  { url, poolSize, connectSeconds, onError }: PostgresOptions
): { pool: pg.Pool, ready: Promise<void> } {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'flowgate',
    // `pg` waits for ever unless told otherwise; a hung server must become an answer within the bound.
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 1000,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS * 2,
    keepAlive: true
  })
  // Without a listener an error on an idle connection ends the process.
  pool.on('error', onError)
  return { pool, ready: untilItAnswers(pool, url, connectSeconds) }
}

async function untilItAnswers (pool: pg.Pool, url: string, connectSeconds: number): Promise<void> {
  const deadline = Date.now() + connectSeconds * 1000
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2000)) {
    try {
      await pool.query('SELECT 1')
      return
    } catch (cause) {
      if (isRefusal(cause) || Date.now() + pauseMs > deadline) {
        await pool.end()
        throw unreachable(url, cause)
      }
      await sleep(pauseMs)
    }
  }
}

/** One connection, for the schema engine: its advisory lock belongs to the connection on which the work is done. */
export function openMigrationPool (url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
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

/** A request waits no longer than this for a database that hangs, in milliseconds; an option of `pg` for one query. */
const requestPath = { query_timeout: 3000 }

/** Wraps a pool of connections. */
export function fromPool (pool: pg.Pool, url: string): Database {
  const client = createClient(new PrismaPg(pool))
  const { hostname, port, pathname } = new URL(url)
  return {
    client,
    run: async <Row>(statement: { name: string, text: string }, values: readonly unknown[]) =>
      (await pool.query<Row & pg.QueryResultRow>({ ...statement, ...requestPath, values: [...values] })).rows,
    kind: 'postgresql',
    label: `PostgreSQL at ${hostname}:${port || 5432}${pathname}`,
    openMigrationAdapter: ({ prepare, onError }) => {
      const own = openMigrationPool(url)
      const adapter = withWholeScripts(new PrismaPg(own), script => own.query(prepare(script)), onError)
      return { adapter, close: () => own.end() }
    },
    close: async () => {
      await client.$disconnect()
      await pool.end()
    }
  }
}
