import type { Database } from '../database.ts'
import { createFailureCounts, type FailureCounts } from './failure-counts.ts'

/** Counts in the database. Langflow uses this value for in-memory limits, which need no server. */
const IN_DATABASE = 'memory://'

type StoreOptions = Pick<Database, 'run' | 'deadline'> & {
  /** Whether failures are counted at all. */
  rateLimitEnabled: boolean
  /** `redis://…`; undefined counts in the database. */
  rateLimitStorageUri?: string | undefined
  clock: () => Date
  databaseConnectSeconds: number
  onError: (error: Error) => void
}

/**
 * Opens the store that the settings select. The Redis client is loaded only if it is used.
 * @param options.onError called when a connection to Redis breaks
 * @throws SetupError if Redis is unreachable
 */
export async function openFailureCounts (
  {
    rateLimitEnabled, rateLimitStorageUri: uri = IN_DATABASE, clock, databaseConnectSeconds, onError, ...database
  }: StoreOptions
): Promise<FailureCounts> {
  if (!rateLimitEnabled || uri === IN_DATABASE) return createFailureCounts(database)
  const { openRedisCounts } = await import('./redis.ts')
  return openRedisCounts({ uri, clock, connectSeconds: databaseConnectSeconds, onError })
}
