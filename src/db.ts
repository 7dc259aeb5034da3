import type { Database } from './db/database.ts'

export { type AccountReads, createAccountReads } from './db/account-reads.ts'
export type { Database, Db, Transaction } from './db/database.ts'
export type { CountId, FailureCount, FailureCounts } from './db/failure-counts.ts'
export { openFailureCounts } from './db/failure-store.ts'
export {
  isConflict, isForeignKeyViolation, isUnavailable, isUniqueViolation, uniqueViolation
} from './db/failures.ts'
export { createPrincipalReads, type AccountRow, type ApiKeyRow, type PrincipalReads } from './db/principal-reads.ts'
export type { Statement } from './db/statements.ts'
export { createWrites, type NewSession, type SessionState, type Writes } from './db/writes.ts'
export { Prisma } from './generated/prisma/client.ts'

export type DatabaseOptions = {
  databaseUrl?: string | undefined
  configDir: string
  databasePoolSize: number
  databaseConnectSeconds: number
}

/**
 * Opens PostgreSQL when a URL is given, else the embedded database; the driver of the other is not loaded. Prisma
 * compiles its engine at the first query that is its own: boot has none, unless there is something to do.
 * @param onError told of connections that break while idle
 * @throws SetupError when it cannot be opened
 */
export async function openDb (options: DatabaseOptions, onError: (error: Error) => void): Promise<Database> {
  if (options.databaseUrl === undefined) {
    const { fromPGlite, openEmbedded } = await import('./db/embedded.ts')
    const { pglite, ready, close } = await openEmbedded(options.configDir)
    await ready
    return fromPGlite(pglite, `embedded in ${options.configDir}`, close)
  }
  const { fromPool, openPool } = await import('./db/postgres.ts')
  const { pool, ready } = openPool({
    url: options.databaseUrl,
    poolSize: options.databasePoolSize,
    connectSeconds: options.databaseConnectSeconds,
    onError
  })
  await ready
  return fromPool(pool, options.databaseUrl)
}
