import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { RunStatement } from './db/statements.ts'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

export { type CountId, type FailureCount, type FailureCounts, openFailureCounts } from './db/failure-counts.ts'
export {
  isConflict, isForeignKeyViolation, isUnavailable, isUniqueViolation, uniqueViolation
} from './db/failures.ts'
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

/**
 * Opens PostgreSQL when a URL is given, else the embedded database; the driver of the other is not loaded.
 * @param onError told of connections that break while idle
 * @throws SetupError when it cannot be opened
 */
export async function openDb (options: DatabaseOptions, onError: (error: Error) => void): Promise<Database> {
  if (options.databaseUrl === undefined) {
    const { fromPGlite, openEmbedded } = await import('./db/embedded.ts')
    const { pglite, ready, close } = await openEmbedded(options.configDir)
    return opened(fromPGlite(pglite, `embedded in ${options.configDir}`, close), ready)
  }
  const { fromPool, openPool } = await import('./db/postgres.ts')
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
