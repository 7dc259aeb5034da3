import type { Database, Statement } from '../../db.ts'
import type { Clock } from './clock.ts'
import { lockKey } from './locks.ts'

/** How often a process removes what has expired. */
const INTERVAL_MS = 60_000
/** Idle sessions are looked for in every sixtieth run: no index leads to them. */
const IDLE_RUNS = 60
/** How long an ended session is kept, for investigations. */
const KEPT_MS = 3_600_000
const DAY_MS = 86_400_000
/** Rows of one transaction: short enough not to delay others. */
const BATCH = 1000
/** Sessions that one statement of the idle walk looks at. */
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

// In the order of an index that refreshes do not touch. One on `rotated_at` would cost every refresh a new entry in
// all indexes of the table.
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

type Dependencies = {
  run: Database['run'], clock: Clock
  sessionExpireSeconds: number, refreshTokenExpireSeconds: number
  onError: (error: unknown) => void
}

/** Removes expired and idle sessions and expired counts, in batches, on one replica at a time. */
export function createCleaner (
  { run, clock, sessionExpireSeconds, refreshTokenExpireSeconds, onError }: Dependencies
) {
  /** @returns how many rows it removed; 0 when another replica is removing them */
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

  /** Sessions that were not refreshed for too long. They were created before that, so they expire before `until`. */
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

  /** Removes everything that has expired. @returns how many sessions that were */
  async function clean ({ withIdle = true } = {}): Promise<number> {
    const now = clock()
    const ended = await remove(removeSessions, now, new Date(now.getTime() - KEPT_MS))
    await remove(removeCounts, now)
    await remove(removeWriters, new Date(now.getTime() - DAY_MS))
    return withIdle ? ended + await removeIdleSessions(now) : ended
  }

  let runs = 0
  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= clean({ withIdle: runs++ % IDLE_RUNS === 0 }).catch(onError).finally(() => { running = undefined })
  }, INTERVAL_MS).unref()

  return {
    clean,
    /** Waits for a batch that is running. */
    async close () {
      clearInterval(timer)
      await running
    }
  }
}
