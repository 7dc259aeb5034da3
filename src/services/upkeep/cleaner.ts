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

const removeSessions = {
  name: 'flowgate_remove_sessions',
  text: `WITH ${turn}, expired AS (
  SELECT id FROM sessions
  WHERE (SELECT taken FROM turn) AND (expires_at < $3::timestamptz OR ended_at < $4::timestamptz) LIMIT ${BATCH}
), removed AS (
  DELETE FROM sessions WHERE id IN (SELECT id FROM expired) RETURNING id
)
SELECT count(*)::int AS count FROM removed`
}

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

const removeCounts = {
  name: 'flowgate_remove_counts',
  text: `WITH ${turn}, expired AS (
  SELECT account, network FROM failure_counts
  WHERE (SELECT taken FROM turn) AND expires_at < $3::timestamptz LIMIT ${BATCH}
), removed AS (
  DELETE FROM failure_counts WHERE (account, network) IN (SELECT account, network FROM expired) RETURNING account
)
SELECT count(*)::int AS count FROM removed`
}

const removeWriters = {
  name: 'flowgate_remove_usage_writers',
  text: `WITH ${turn}, removed AS (
  DELETE FROM usage_writers WHERE (SELECT taken FROM turn) AND written_at < $3::timestamptz RETURNING id
)
SELECT count(*)::int AS count FROM removed`
}

const removeUses = {
  name: 'flowgate_remove_api_key_uses',
  text: `WITH ${turn}, expired AS (
  SELECT api_key_id, day FROM api_key_uses WHERE (SELECT taken FROM turn) AND day < $3::timestamptz::date LIMIT ${BATCH}
), removed AS (
  DELETE FROM api_key_uses WHERE (api_key_id, day) IN (SELECT api_key_id, day FROM expired) RETURNING day
)
SELECT count(*)::int AS count FROM removed`
}

const removeCounters = {
  name: 'flowgate_remove_rate_counters',
  text: `WITH ${turn}, expired AS (
  SELECT id FROM rate_counters
  WHERE (SELECT taken FROM turn) AND arrival_ms < EXTRACT(EPOCH FROM $3::timestamptz) * 1000 LIMIT ${BATCH}
), removed AS (
  DELETE FROM rate_counters WHERE id IN (SELECT id FROM expired) RETURNING id
)
SELECT count(*)::int AS count FROM removed`
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
