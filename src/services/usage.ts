import type { Database } from '../db.ts'
import type { Clock } from './clock.ts'
import { lockKey } from './locks.ts'

/** How often what was counted is written: a crash loses no more than that. */
export const FLUSH_INTERVAL_MS = 2000

/** Most keys of one statement. */
const BATCH_MAX = 1000

// One replica at a time, or two that write the same rows would deadlock. Locking the rows in the order of their ids
// first would do as well, and writes each of them twice.
const addUses = {
  name: 'flowgate_add_uses',
  text: `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($4::int, $5::int))
UPDATE api_keys SET total_uses = total_uses + used.uses,
  last_used_at = GREATEST(last_used_at, to_timestamp(used.ms / 1000))
FROM turn, unnest($1::uuid[], $2::bigint[], $3::float8[]) AS used (id, uses, ms) WHERE api_keys.id = used.id`
}

/** `lastMs` since the epoch. */
type Uses = { count: number, lastMs: number }

type Dependencies = { run: Database['run'], clock: Clock, onError: (error: unknown) => void }

/** Counts uses of API keys in memory and adds them up in the database now and then: no write on the request path. */
export function createUsage ({ run, clock, onError }: Dependencies) {
  let counted = new Map<string, Uses>()
  let writes = 0
  let flushing = Promise.resolve()

  function add (id: string, count: number, lastMs: number) {
    const known = counted.get(id)
    if (known === undefined) {
      counted.set(id, { count, lastMs })
      return
    }
    known.count += count
    if (lastMs > known.lastMs) known.lastMs = lastMs
  }

  async function writeBatch (batch: Array<[string, Uses]>) {
    try {
      await run(addUses, [
        batch.map(([id]) => id),
        batch.map(([, { count }]) => count),
        batch.map(([, { lastMs }]) => lastMs),
        ...lockKey('usage')
      ])
      writes++
    } catch (error) {
      for (const [id, { count, lastMs }] of batch) add(id, count, lastMs)
      onError(error)
    }
  }

  async function writeAll () {
    const entries = [...counted]
    counted = new Map()
    while (entries.length > 0) await writeBatch(entries.splice(0, BATCH_MAX))
  }

  /** One after another: a batch that failed is back in memory before the next one begins. */
  const flush = () => (flushing = flushing.then(writeAll))

  const timer = setInterval(flush, FLUSH_INTERVAL_MS).unref()

  return {
    /** One use, now. */
    count: (apiKeyId: string) => add(apiKeyId, 1, clock().getTime()),
    flush,
    /** How many statements have been written. */
    writes: () => writes,
    /** Writes what is left; whoever waits for it closes the database afterwards. */
    async close () {
      clearInterval(timer)
      await flush()
    }
  }
}

export type Usage = ReturnType<typeof createUsage>
