import type { Database } from './db/database.ts'

export { pickAccount, publicColumns, type PublicUser } from './db/queries/account-columns.ts'
export {
  type AccountReads, type Bootstrap, createAccountReads, type SignInAccount
} from './db/queries/account-reads.ts'
export type { Database, Db, Transaction } from './db/database.ts'
export type { CountId, FailureCount, FailureCounts } from './db/failure-counts/failure-counts.ts'
export { openFailureCounts } from './db/failure-counts/failure-store.ts'
export {
  isConflict, isForeignKeyViolation, isUnavailable, isUnstorable, uniqueViolation
} from './db/failures.ts'
export type { Facts } from './db/facts.ts'
export {
  type ApiKeyRow, createPrincipalReads, type PrincipalReads, type SessionRow
} from './db/queries/principal-reads.ts'
export { createRateCounters, type RateCharge, type RateCounters } from './db/queries/rate-counters.ts'
export type { Statement } from './db/statements.ts'
export { type BegunSession, createWrites, type NewSession, type TokenState, type Writes } from './db/queries/writes.ts'
export { Prisma } from './generated/prisma/client.ts'

export type DatabaseOptions = {
  databaseUrl?: string | undefined
  configDir: string
  databasePoolSize: number
  databaseConnectSeconds: number
}

/**
 * Opens PostgreSQL if there is a URL, otherwise the embedded database. Loads only the driver that is used. Prisma
 * compiles its engine at the first query, so the boot avoids queries through Prisma.
 * @param onError called with errors outside of queries: broken idle connections, failed reads of the clock
 * @throws SetupError if the database cannot be opened or does not meet Flowgate's requirements
 */
export async function openDb (options: DatabaseOptions, onError: (error: unknown) => void): Promise<Database> {
  const database = options.databaseUrl === undefined
    ? await openOwn(options.configDir, onError)
    : await openServer(options.databaseUrl, options, onError)
  try {
    await database.clock.sync()
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

async function openOwn (configDir: string, onError: (error: unknown) => void): Promise<Database> {
  const { fromPGlite, openEmbedded } = await import('./db/embedded/embedded.ts')
  const { pglite, ready, close } = await openEmbedded(configDir)
  await ready
  return fromPGlite(pglite, `embedded in ${configDir}`, close, onError).catch(async (error: unknown) => {
    await close()
    throw error
  })
}

async function openServer (
  url: string, options: DatabaseOptions, onError: (error: unknown) => void
): Promise<Database> {
  const { openPostgres } = await import('./db/server/postgres.ts')
  return openPostgres({
    url, poolSize: options.databasePoolSize, connectSeconds: options.databaseConnectSeconds, onError
  })
}
