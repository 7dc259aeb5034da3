import type { Database, Statement } from '../db.ts'
import type { Clock } from './clock.ts'
import { lockKey } from './locks.ts'

/** How often a process looks for sessions to remove. */
const INTERVAL_MS = 60_000
/** For how long an ended session is kept, for whoever looks into what happened. */
const KEPT_MS = 3_600_000
/** Rows of one transaction: short enough to be in nobody's way. */
const BATCH = 1000

const turn = 'turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1::int, $2::int) AS taken)'

const removeSessions = {
  name: 'flowgate_remove_sessions',
  text: `WITH ${turn}, over AS (
  SELECT id FROM sessions
  WHERE (SELECT taken FROM turn) AND (expires_at < $3::timestamptz OR ended_at < $4::timestamptz) LIMIT ${BATCH}
), removed AS (
  DELETE FROM sessions WHERE id IN (SELECT id FROM over) RETURNING id
)
SELECT count(*)::int AS count FROM removed`
}

const removeCounts = {
  name: 'flowgate_remove_counts',
  text: `WITH ${turn}, over AS (
  SELECT account, network FROM failure_counts
  WHERE (SELECT taken FROM turn) AND expires_at < $3::timestamptz LIMIT ${BATCH}
), removed AS (
  DELETE FROM failure_counts WHERE (account, network) IN (SELECT account, network FROM over) RETURNING account
)
SELECT count(*)::int AS count FROM removed`
}

type Dependencies = { run: Database['run'], clock: Clock, onError: (error: unknown) => void }

/** Removes sessions and counts that are over, in batches, on one replica at a time. */
export function createCleaner ({ run, clock, onError }: Dependencies) {
  /** @returns how many it removed; none when another replica is at it */
  async function remove (statement: Statement, ...moments: Date[]): Promise<number> {
    let total = 0
    for (let removed = BATCH; removed === BATCH;) {
      const values = [...lockKey('cleaning'), ...moments.map(moment => moment.toISOString())]
      const [row] = await run<{ count: number }>(statement, values)
      removed = row?.count ?? 0
      total += removed
    }
    return total
  }

  /** Everything that is over now. @returns how many sessions that were */
  async function clean (): Promise<number> {
    const now = clock()
    const sessions = await remove(removeSessions, now, new Date(now.getTime() - KEPT_MS))
    await remove(removeCounts, now)
    return sessions
  }

  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= clean().catch(onError).finally(() => { running = undefined })
  }, INTERVAL_MS).unref()

  return {
    clean,
    /** Waits for a batch under way. */
    async close () {
      clearInterval(timer)
      await running
    }
  }
}
