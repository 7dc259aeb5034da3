import type { Database, Statement } from '../../db.ts'
import { USES_DAYS } from '../../policy/api-keys/bounds.ts'
import type { Clock } from './clock.ts'
import { lockKey } from './locks.ts'

/** The interval of the deletion. */
const INTERVAL_MS = 60_000
/** Idle sessions, old uses and counters are searched in every 60th run, because no index supports the search. */
const IDLE_RUNS = 60
/** How long an ended session is kept for investigations. */
const KEPT_MS = 3_600_000
const DAY_MS = 86_400_000
/** Counters that are not used for this long have their whole quota: no window is longer than a day. */
const COUNTER_MS = 2 * DAY_MS
/** The rows of one transaction. It is short, so that it does not delay others. */
const BATCH = 1000
/** The sessions that one statement of the search for idle ones reads. */
const WALK = 10_000
const FIRST = '00000000-0000-0000-0000-000000000000'

const turn = 'turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1::int, $2::int) AS taken)'

/**
 * A statement that deletes a batch of rows. Rows that are being changed are left for the next run.
 * @param key the columns of the primary key
 */
const removal = (name: string, table: string, key: string, condition: string): Statement => ({
  name,
  text: `WITH ${turn}, expired AS (
  SELECT ${key} FROM ${table} WHERE (SELECT taken FROM turn) AND ${condition} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM expired) RETURNING 1
)
SELECT count(*)::int AS count FROM removed`
})

const removeSessions = removal('flowgate_remove_sessions', 'sessions', 'id',
  '(expires_at < $3::timestamptz OR ended_at < $4::timestamptz)')
const removeCounts = removal('flowgate_remove_counts', 'failure_counts', 'account, network',
  'expires_at < $3::timestamptz')
const removeUses = removal('flowgate_remove_api_key_uses', 'api_key_uses', 'api_key_id, day',
  'day < $3::timestamptz::date')
const removeCounters = removal('flowgate_remove_rate_counters', 'rate_counters', 'id',
  'arrival_ms < EXTRACT(EPOCH FROM $3::timestamptz) * 1000')
const removeWriters = removal('flowgate_remove_usage_writers', 'usage_writers', 'id', 'written_at < $3::timestamptz')

// Uses the order of an index whose columns a refresh does not change. An index on `rotated_at` would require a new
// entry in all indexes of the table with every refresh.
const removeIdle = {
  name: 'flowgate_remove_idle_sessions',
  text: `WITH ${turn}, seen AS (
  SELECT id, expires_at, rotated_at FROM sessions
  WHERE (SELECT taken FROM turn) AND expires_at >= $3::timestamptz AND expires_at < $5::timestamptz
    AND (expires_at, id) > ($3::timestamptz, $4::uuid)
  ORDER BY expires_at, id LIMIT ${WALK}
), removed AS (
  DELETE FROM sessions WHERE id IN (SELECT id FROM seen WHERE rotated_at < $6::timestamptz) RETURNING id
)
SELECT (SELECT count(*)::int FROM removed) AS count, last.id AS "lastId", last.expires_at AS "lastExpiresAt"
FROM (SELECT id, expires_at FROM seen ORDER BY expires_at DESC, id DESC LIMIT 1) last`
}

type Dependencies = {
  run: Database['run'], clock: Clock
  sessionExpireSeconds: number, refreshTokenExpireSeconds: number
  onError: (error: unknown) => void
}

/** Deletes expired and idle sessions and expired counts, in batches, on one replica at a time. */
export function createCleaner (
  { run, clock, sessionExpireSeconds, refreshTokenExpireSeconds, onError }: Dependencies
) {
  /** @returns the number of deleted rows; 0 if another replica is deleting them */
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

  /**
   * Deletes sessions that were not refreshed for too long. They were created before that, so they expire before
   * `until`.
   */
  async function removeIdleSessions (now: Date): Promise<number> {
    const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()
    const until = ago(refreshTokenExpireSeconds - sessionExpireSeconds)
    type Step = { count: number, lastId: string, lastExpiresAt: Date }
    let total = 0
    for (let after = { at: now.toISOString(), id: FIRST }; ;) {
      const [step] = await run<Step>(removeIdle, [
        ...lockKey('cleaning'), after.at, after.id, until, ago(refreshTokenExpireSeconds)
      ])
      if (!step) return total
      total += step.count
      after = { at: step.lastExpiresAt.toISOString(), id: step.lastId }
    }
  }

  /** Deletes everything that has expired. @returns the number of sessions */
  async function clean ({ withIdle = true } = {}): Promise<number> {
    const now = clock()
    const ended = await remove(removeSessions, now, new Date(now.getTime() - KEPT_MS))
    await remove(removeCounts, now)
    await remove(removeWriters, new Date(now.getTime() - DAY_MS))
    if (!withIdle) return ended
    await remove(removeUses, new Date(now.getTime() - USES_DAYS * DAY_MS))
    await remove(removeCounters, new Date(now.getTime() - COUNTER_MS))
    return ended + await removeIdleSessions(now)
  }

  let runs = 0
  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= clean({ withIdle: runs++ % IDLE_RUNS === 0 }).catch(onError).finally(() => { running = undefined })
  }, INTERVAL_MS).unref()

  return {
    clean,
    /** Stops the timer and waits for the running batch. */
    async close () {
      clearInterval(timer)
      await running
    }
  }
}
