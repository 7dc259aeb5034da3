import type { RunStatement, Statement } from '../statements.ts'

/** Requests that a process accepted and has not added to the shared counter. */
export type RateCharge = {
  id: string
  /** The sum of their intervals. */
  spentMs: number
  /** When the first one was accepted, in milliseconds since the epoch. */
  sinceMs: number
  /** The theoretical arrival time that this process has computed. */
  arrivalMs: number
}

// Adds the intervals to those of other processes. If no other process added any, the time of this process is exact. A
// time beyond the ceiling ($5) was written before the clock was set back. Rows are locked in the order of their ids.
const charge: Statement = {
  name: 'flowgate_charge_rate_counters',
  text: `WITH charges AS (
  SELECT * FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::float8[]) AS c (id, spent_ms, since_ms, arrival_ms)
)
INSERT INTO rate_counters AS r (id, arrival_ms) SELECT id, arrival_ms FROM charges ORDER BY id
ON CONFLICT (id) DO UPDATE SET arrival_ms = (
  SELECT GREATEST(c.arrival_ms, LEAST(GREATEST(r.arrival_ms, c.since_ms), $5::float8) + c.spent_ms)
  FROM charges c WHERE c.id = r.id
)
RETURNING id, arrival_ms AS "arrivalMs"`
}

/** The counters of rate limits, which all replicas share. */
export function createRateCounters (run: RunStatement) {
  return {
    /**
     * Adds charges, at most one for each counter.
     * @param ceilingMs no theoretical arrival time can be later
     * @returns the theoretical arrival times with the charges of all replicas
     */
    charge: (
      charges: readonly RateCharge[], ceilingMs: number
    ): Promise<Array<{ id: string, arrivalMs: number }>> => run(charge, [
      charges.map(({ id }) => id),
      charges.map(({ spentMs }) => spentMs),
      charges.map(({ sinceMs }) => sinceMs),
      charges.map(({ arrivalMs }) => arrivalMs),
      ceilingMs
    ])
  }
}

export type RateCounters = ReturnType<typeof createRateCounters>
