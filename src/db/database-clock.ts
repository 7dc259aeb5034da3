import { createSharedClock, type SharedClock } from './shared-clock.ts'
import type { RunStatement } from './statements.ts'

const readNow = { name: 'flowgate_now', text: 'SELECT clock_timestamp() AS now' }

/** The database's clock, which decides for all replicas when something expires. */
export const createDatabaseClock = (run: RunStatement, onError: (error: unknown) => void): SharedClock =>
  createSharedClock({
    onError,
    readShared: async () => {
      const [row] = await run<{ now: Date }>(readNow, [])
      if (!row) throw new Error('a statement without a row')
      return row.now
    }
  })
