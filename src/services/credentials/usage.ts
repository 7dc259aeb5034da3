import type { Database } from '../../db.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockKey } from '../upkeep/locks.ts'

/** How often counted uses are written: a crash loses at most the uses of this time. */
export const FLUSH_INTERVAL_MS = 2000

/** Most keys of one statement. */
const BATCH_MAX = 1000

// Replicas write one after another: two that update the same rows would deadlock. Locking the rows in the order of
// their ids would prevent that, too, and would write each row twice. `usage_writers` makes a batch idempotent: one
// that committed without an answer and is sent again changes nothing.
const addUses = {
  name: 'flowgate_add_uses',
  text: `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($4::int, $5::int)),
first_time AS (
  INSERT INTO usage_writers AS w (id, batch, written_at) SELECT $6::uuid, $7::bigint, $8::timestamptz FROM turn
  ON CONFLICT (id) DO UPDATE SET batch = EXCLUDED.batch, written_at = EXCLUDED.written_at
  WHERE w.batch < EXCLUDED.batch RETURNING id
)
UPDATE api_keys SET total_uses = total_uses + used.uses,
  last_used_at = GREATEST(last_used_at, to_timestamp(used.ms / 1000))
FROM first_time, unnest($1::uuid[], $2::bigint[], $3::float8[]) AS used (id, uses, ms) WHERE api_keys.id = used.id`
}

/** `lastMs` since the epoch. */
type Uses = { count: number, lastMs: number }

/** What is written together; `number` counts the batches of this process. */
type Batch = { number: number, uses: Array<[apiKeyId: string, Uses]> }

type Dependencies = {
  run: Database['run'], clock: Clock
  /** Identifies this process: a UUID. */
  writerId: string
  onError: (error: unknown) => void
}

/** Counts uses of API keys in memory and writes them in batches: no write on the request path. */
export function createUsage ({ run, clock, writerId, onError }: Dependencies) {
  const counted = new Map<string, Uses>()
  let batches = 0
  let writes = 0
  /** A batch that was sent and not confirmed: it is sent again before the next one. */
  let unconfirmed: Batch | undefined
  let flushing: Promise<void> | undefined

  function takeBatch (): Batch {
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

  /** Stops at the first batch that fails: the next one would wait as long. */
  async function writeAll () {
    while (unconfirmed || counted.size > 0) {
      unconfirmed ??= takeBatch()
      await write(unconfirmed)
      unconfirmed = undefined
      writes++
    }
  }

  /** One flush at a time: further calls get the one that is running. */
  const flush = (): Promise<void> => (flushing ??= writeAll().catch(onError).finally(() => { flushing = undefined }))

  const timer = setInterval(flush, FLUSH_INTERVAL_MS).unref()

  return {
    /** Counts one use, now. */
    count (apiKeyId: string) {
      const ms = clock().getTime()
      const known = counted.get(apiKeyId)
      if (known === undefined) {
        counted.set(apiKeyId, { count: 1, lastMs: ms })
        return
      }
      known.count++
      if (ms > known.lastMs) known.lastMs = ms
    },

    flush,

    /** How many batches were written. */
    writes: () => writes,

    /** Writes the rest; the caller closes the database afterwards. @returns how many uses could not be written */
    async close (): Promise<number> {
      clearInterval(timer)
      const running = flushing
      await running
      // What failed a moment ago would fail again, and take as long.
      if (!running || !unconfirmed) await flush()
      const left = [...unconfirmed?.uses ?? [], ...counted]
      return left.reduce((total, [, { count }]) => total + count, 0)
    }
  }
}

export type Usage = ReturnType<typeof createUsage>
