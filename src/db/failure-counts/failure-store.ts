import type { Database } from '../database.ts'
import { createFailureCounts, type FailureCounts } from './failure-counts.ts'

/** Counts are in the database. Langflow uses this value for limits that need no server. */
const IN_DATABASE = 'memory://'

type StoreOptions = Pick<Database, 'run' | 'deadline'> & {
  /** Whether failures are counted at all. */
  rateLimitEnabled: boolean
  /** `redis://…`, or nothing for the database. */
  rateLimitStorageUri?: string | undefined
  clock: () => Date
  databaseConnectSeconds: number
  onError: (error: Error) => void
}

/**
 * The store that the settings name. Redis is loaded and opened only where failures are counted in it.
 * @param options.onError called when a connection to Redis breaks
 * @throws SetupError when Redis does not answer
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
