import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import type pg from 'pg'
import { openEmbedded } from './db/embedded.ts'
import { withWholeScripts } from './db/migration-adapter.ts'
import { openMigrationPool, openPool } from './db/postgres.ts'
import type { RunStatement } from './db/statements.ts'
import { Prisma, PrismaClient } from './generated/prisma/client.ts'

export { type CountId, type FailureCount, type FailureCounts, openFailureCounts } from './db/failure-counts.ts'
export { createPrincipalReads, type AccountRow, type ApiKeyRow, type PrincipalReads } from './db/principal-reads.ts'
export { createWrites, type Writes } from './db/writes.ts'
export { Prisma } from './generated/prisma/client.ts'

/** Prisma's client: every model, and transactions. */
export type Db = PrismaClient

/** The client inside an interactive transaction. */
export type Transaction = Prisma.TransactionClient

/** An open database of either kind. */
export type Database = {
  client: Db
  /** For the few statements of the request path, on the same connections. */
  run: RunStatement
  kind: 'postgresql' | 'embedded'
  /** Host and database name, or folder: fit for a log. */
  label: string
  /** An adapter of its own for Prisma's schema engine; `close` ends its connection and so the engine's lock. */
  openMigrationAdapter: (scripts: Scripts) =>
  { adapter: SqlMigrationAwareDriverAdapterFactory, close: () => Promise<void> }
  close: () => Promise<void>
}

/** What becomes of each script of the engine before it runs, as a whole or not at all, and who hears that it failed. */
export type Scripts = { prepare: (script: string) => string, onError: (error: unknown) => void }

export type DatabaseOptions = {
  databaseUrl?: string | undefined
  configDir: string
  databasePoolSize: number
  databaseConnectSeconds: number
}

/** Time an interactive transaction may take and wait for a connection, in milliseconds. */
const transactionOptions = { maxWait: 3000, timeout: 10_000 }

/**
 * Opens PostgreSQL when a URL is given, else the embedded database.
 * @param onError told of connections that break while idle
 * @throws SetupError when it cannot be opened
 */
export async function openDb (options: DatabaseOptions, onError: (error: Error) => void): Promise<Database> {
  if (options.databaseUrl === undefined) {
    const { pglite, ready, close } = await openEmbedded(options.configDir)
    return opened(fromPGlite(pglite, `embedded in ${options.configDir}`, close), ready)
  }
  const { pool, ready } = openPool({
    url: options.databaseUrl,
    poolSize: options.databasePoolSize,
    connectSeconds: options.databaseConnectSeconds,
    onError
  })
  return opened(fromPool(pool, options.databaseUrl), ready)
}

/** Prisma compiles its query engine while the database opens: the one waits mostly, the other does not. */
async function opened (database: Database, ready: Promise<void>): Promise<Database> {
  await Promise.all([ready, database.client.$connect()])
  return database
}

/** How often a transaction is run that others keep getting in the way of. */
const CONFLICT_ATTEMPTS = 4

/** Prisma's client, whose transactions are run anew when they lose against another one (PostgreSQL manual, 13.5). */
function createClient (adapter: PrismaPg | PrismaPGlite): PrismaClient {
  const client = new PrismaClient({ adapter, transactionOptions })
  const once = client.$transaction.bind(client) as (...args: unknown[]) => Promise<unknown>
  const transaction = async (...args: unknown[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(...args)
      } catch (error) {
        if (attempt === CONFLICT_ATTEMPTS || !isConflict(error)) throw error
        await sleep(Math.random() * 20 * attempt)
      }
    }
  }
  return Object.assign(client, { $transaction: transaction })
}

/** A request waits no longer than this for a database that hangs, in milliseconds; an option of `pg` for one query. */
const requestPath = { query_timeout: 3000 }

/** Wraps a running PGlite. */
export function fromPGlite (pglite: PGlite, label: string, close: () => Promise<void>): Database {
  const client = createClient(new PrismaPGlite(pglite))
  return {
    client,
    run: async <Row>({ text }: { text: string }, values: readonly unknown[]) =>
      (await pglite.query<Row>(text, [...values])).rows,
    kind: 'embedded',
    label,
    openMigrationAdapter: ({ prepare, onError }) => ({
      adapter: withWholeScripts(new PrismaPGlite(pglite), script => pglite.exec(prepare(script)), onError),
      close: async () => {}
    }),
    close: async () => {
      await client.$disconnect()
      await close()
    }
  }
}

function fromPool (pool: pg.Pool, url: string): Database {
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

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** What the driver said, as Prisma passes it on. */
function driverCause (error: unknown): { kind?: string, originalCode?: string, originalMessage?: string } {
  if (typeof error !== 'object' || error === null) return {}
  const meta = 'meta' in error ? error.meta as { driverAdapterError?: { cause?: object } } | undefined : undefined
  if (meta?.driverAdapterError?.cause) return meta.driverAdapterError.cause
  return 'cause' in error && typeof error.cause === 'object' ? error.cause ?? {} : {}
}

/** Whether a write was refused because a unique value is taken. */
export function isUniqueViolation (error: unknown): boolean {
  return codeOf(error) === 'P2002' || driverCause(error).originalCode === '23505'
}

/** What the database said of a unique value that is taken, with the name of its index; else undefined. */
export function uniqueViolation (error: unknown): string | undefined {
  return isUniqueViolation(error) ? driverCause(error).originalMessage ?? '' : undefined
}

/** Whether a write was refused because the row it refers to is gone. */
export function isForeignKeyViolation (error: unknown): boolean {
  return ['P2003', '23503'].includes(codeOf(error)) || driverCause(error).originalCode === '23503'
}

/** Whether a transaction or a statement lost against another one and may succeed when run again. */
export function isConflict (error: unknown): boolean {
  return codeOf(error) === 'P2034' ||
    [codeOf(error), driverCause(error).originalCode ?? ''].some(code => code === '40001' || code === '40P01')
}

const unavailable = new RegExp([
  'ECONN', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN',
  // PostgreSQL, appendix A: connection exceptions, insufficient resources, operator intervention, read-only
  '^08', '^53', '^57', '^25006$', '^58030$',
  // Prisma: unreachable, timed out, closed, no connection free, transaction not started in time
  '^P1001$', '^P1002$', '^P1008$', '^P1017$', '^P2024$', '^P2028$',
  'DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'
].join('|'))
const unavailableText = /connect(ion)? (timeout|terminated)|timeout exceeded|read timeout|pglite is closed/i

/** Whether a failure means that the database is gone, full or too slow, and not that the statement was wrong. */
export function isUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { kind = '', originalCode = '' } = driverCause(error)
  return [codeOf(error), codeOf(error.cause), kind, originalCode].some(code => code !== '' && unavailable.test(code)) ||
    unavailableText.test(error.message)
}
