import { createFailureCounts, type FailureCounts } from './failure-counts.ts'
import type { RunStatement } from './statements.ts'

/** The address of the counts that says: in the database. Langflow's word for what needs no server of its own. */
const IN_DATABASE = 'memory://'

type StoreOptions = {
  /** `redis://…`, or nothing for the database. */
  rateLimitStorageUri?: string | undefined
  run: RunStatement
  clock: () => Date
  databaseConnectSeconds: number
  onError: (error: Error) => void
}

/**
 * The store that the settings name. Only one that is used is loaded.
 * @param options.onError told of connections to Redis that break
 * @throws SetupError when Redis does not answer
 */
export async function openFailureCounts (
  { rateLimitStorageUri: uri = IN_DATABASE, run, clock, databaseConnectSeconds, onError }: StoreOptions
): Promise<FailureCounts> {
  if (uri === IN_DATABASE) return createFailureCounts(run)
  const { openRedisCounts } = await import('./redis.ts')
  return openRedisCounts({ uri, clock, connectSeconds: databaseConnectSeconds, onError })
}
