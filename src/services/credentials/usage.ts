import type { Database } from '../../db.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockKey } from '../upkeep/locks.ts'

/** The interval of the writes. A crash loses the uses counted since the last one. */
export const FLUSH_INTERVAL_MS = 2000

const DAY_MS = 86_400_000

/** The maximum number of keys in one statement. */
const BATCH_MAX = 1000

// The advisory lock lets replicas write one after another: concurrent updates of the same rows would deadlock. Locking
// the rows in the order of their ids would write each row twice. `usage_writers` makes a batch idempotent: a batch that
// was committed but not confirmed changes nothing when it is sent again. The days of a key are written after its row
// was locked, so that a key that is deleted at the same time has no days.
const addUses = {
  name: 'flowgate_add_uses',
  text: `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($4::int, $5::int)),
first_time AS (
  INSERT INTO usage_writers AS w (id, batch, written_at) SELECT $6::uuid, $7::bigint, $8::timestamptz FROM turn
  ON CONFLICT (id) DO UPDATE SET batch = EXCLUDED.batch, written_at = EXCLUDED.written_at
  WHERE w.batch < EXCLUDED.batch RETURNING id
), used AS MATERIALIZED (
  SELECT key_id, uses, to_timestamp(ms / 1000) AS used_at
  FROM first_time, unnest($1::uuid[], $2::bigint[], $3::float8[]) AS u (key_id, uses, ms)
), totals AS (
  SELECT key_id, sum(uses)::bigint AS uses, max(used_at) AS used_at FROM used GROUP BY key_id
), updated AS (
  UPDATE api_keys SET total_uses = total_uses + totals.uses, last_used_at = GREATEST(last_used_at, totals.used_at)
  FROM totals WHERE api_keys.id = totals.key_id RETURNING api_keys.id
)
INSERT INTO api_key_uses AS u (api_key_id, day, uses)
SELECT key_id, (used_at AT TIME ZONE 'UTC')::date, sum(uses) FROM used WHERE key_id IN (SELECT id FROM updated)
GROUP BY 1, 2
ON CONFLICT (api_key_id, day) DO UPDATE SET uses = u.uses + EXCLUDED.uses`
}

/** `lastMs` since the epoch. */
type Uses = { count: number, lastMs: number }

/** The uses of one statement. `number` counts the batches of this process. */
type Batch = { number: number, uses: Array<[apiKeyId: string, Uses]> }

type Dependencies = {
  run: Database['run'], clock: Clock
  /** Identifies this process: a UUID. */
  writerId: string
  onError: (error: unknown) => void
}

/** Counts uses of API keys in memory and writes them in batches, so that requests wait for no write. */
export function createUsage ({ run, clock, writerId, onError }: Dependencies) {
  /** The uses of the current day, and those of earlier days. */
  const counted = new Map<string, Uses>()
  const earlier: Batch['uses'] = []
  let today = 0
  let batches = 0
  let writes = 0
  /** A batch that was sent but not confirmed. It is sent again before the next one. */
  let unconfirmed: Batch | undefined
  let flushing: Promise<void> | undefined

  /** Uses of different days are counted apart. */
  function startDay (day: number) {
    earlier.push(...counted)
    counted.clear()
    today = day
  }

  function takeBatch (): Batch {
    if (earlier.length > 0) return { number: ++batches, uses: earlier.splice(0, BATCH_MAX) }
    const uses: Batch['uses'] = []
    for (const entry of counted) {
      if (uses.push(entry) === BATCH_MAX) break
    }
    for (const [id] of uses) counted.delete(id)
    return { number: ++batches, uses }
  }

  const write = ({ number, uses }: Batch) => run(addUses, [
    uses.map(([id]) => id),
    uses.map(([, { count }]) => count),
    uses.map(([, { lastMs }]) => lastMs),
    ...lockKey('usage'),
    writerId, number, clock().toISOString()
  ])

  /** Stops at the first batch that fails: the next one would probably fail after the same timeout. */
  async function writeAll () {
    while (unconfirmed || counted.size > 0 || earlier.length > 0) {
      unconfirmed ??= takeBatch()
      await write(unconfirmed)
      unconfirmed = undefined
      writes++
    }
  }

  /** One flush at a time. Further calls return the running one. */
  const flush = (): Promise<void> => (flushing ??= writeAll().catch(onError).finally(() => { flushing = undefined }))

  const timer = setInterval(flush, FLUSH_INTERVAL_MS).unref()

  return {
    /** Counts one use. */
    count (apiKeyId: string) {
      const ms = clock().getTime()
      const day = Math.floor(ms / DAY_MS)
      if (day !== today) startDay(day)
      const known = counted.get(apiKeyId)
      if (known === undefined) {
        counted.set(apiKeyId, { count: 1, lastMs: ms })
        return
      }
      known.count++
      if (ms > known.lastMs) known.lastMs = ms
    },

    flush,

    /** The number of batches written. */
    writes: () => writes,

    /**
     * Writes the remaining uses. The caller closes the database afterwards.
     * @returns the number of uses that could not be written
     */
    async close (): Promise<number> {
      clearInterval(timer)
      const running = flushing
      await running
      // Does not repeat a write that just failed.
      if (!running || !unconfirmed) await flush()
      const left = [...unconfirmed?.uses ?? [], ...earlier, ...counted]
      return left.reduce((total, [, { count }]) => total + count, 0)
    }
  }
}

export type Usage = ReturnType<typeof createUsage>
