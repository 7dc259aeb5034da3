import { createSharedClock, type SharedClock } from './shared-clock.ts'
import type { RunStatement } from './statements.ts'

const readNow = { name: 'flowgate_now', text: 'SELECT clock_timestamp() AS now' }

/** The database's clock. All replicas use it to decide whether something has expired. */
export const createDatabaseClock = (run: RunStatement, onError: (error: unknown) => void): SharedClock =>
  createSharedClock({
    onError,
    readShared: async () => {
      const [row] = await run<{ now: Date }>(readNow, [])
      if (!row) throw new Error('the statement returned no row')
      return row.now
    }
  })
