import type { Database } from '../database.ts'
import type { Statement } from '../statements.ts'

/** Identifies a count of failed sign-ins by account and network. An empty account or network means all of them. */
export type CountId = { account: string, network: string }

/** The number of failed attempts, and of attempts that are being checked. */
export type FailureCount = CountId & { failures: number, pending: number, expiresAt: Date }

/** A request to reserve an attempt in a count. */
export type Reservation = CountId & {
  /** Maximum number of failed and pending attempts. */
  quota: number
  /** The expiry of the count if this attempt starts it. */
  expiresAt: Date
  /** Above the quota, one attempt is allowed if the count expires before this time. */
  pausedUntil?: Date | undefined
}

/** The result of a reservation. If `isTaken` is false, the count is unchanged. */
export type Reserved = FailureCount & { isTaken: boolean }

/**
 * A failure to count. With `renews`, each failure extends the count to `expiresAt`; otherwise the first failure sets
 * the expiry.
 */
export type Failing = CountId & { expiresAt: Date, renews: boolean }

/** How an attempt that did not fail changes a count. */
export type Release = CountId & {
  /** Whether the reservation is released. */
  hasPlace: boolean
  /** Whether the failures are reset. */
  clears: boolean
}

/** Stores the failure counts that all replicas share. */
export type FailureCounts = {
  /**
   * Reserves an attempt in each count that is below its quota, atomically per count.
   * @returns the counts. A count is missing if another process changed it at the same time: call again
   */
  reserve: (reservations: Reservation[], now: Date) => Promise<Reserved[]>
  /** Turns reservations into failures. @returns the updated counts */
  fail: (failings: Failing[], now: Date) => Promise<FailureCount[]>
  release: (releases: Release[]) => Promise<void>
  /** Finds unexpired counts with at least `failuresMin` failures, for the given accounts or for all. */
  find: (condition: { failuresMin: number, accounts?: string[] | undefined }, now: Date) => Promise<FailureCount[]>
  /** Removes all counts of an account, for every network. */
  removeAccount: (account: string) => Promise<void>
  close: () => Promise<void>
}

/** Time after which a reservation expires, in case its process ended. */
export const PENDING_SECONDS = 30

const columns = 'account, network, failures, pending, expires_at AS "expiresAt"'

/** The failures and pending attempts that have not expired at $6. */
const failures = 'CASE WHEN f.expires_at > $6::timestamptz THEN f.failures ELSE 0 END'
const pending = 'CASE WHEN f.pending_until > $6::timestamptz THEN f.pending ELSE 0 END'

/**
 * Each statement locks its rows in the order of their keys, which prevents deadlocks between replicas. ON CONFLICT
 * reads the latest version of a row, so concurrent attempts see each other.
 */
const statements = {
  reserve: {
    name: 'flowgate_reserve_attempt',
    text: `WITH wanted AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[])
    AS w (account, network, quota, expires_at, paused_until)
), taken AS (
  INSERT INTO failure_counts AS f (account, network, failures, pending, pending_until, expires_at)
  SELECT account, network, 0, 1, $7::timestamptz, expires_at FROM wanted WHERE require_before($8::timestamptz)
  ORDER BY 1, 2
  ON CONFLICT (account, network) DO UPDATE SET
    failures = ${failures},
    pending = ${pending} + 1,
    pending_until = EXCLUDED.pending_until,
    expires_at = CASE WHEN f.expires_at > $6::timestamptz
      THEN LEAST(f.expires_at, EXCLUDED.expires_at) ELSE EXCLUDED.expires_at END
  WHERE EXISTS (
    SELECT FROM wanted w WHERE w.account = f.account AND w.network = f.network
      AND (${failures} + ${pending} < w.quota OR (f.expires_at <= w.paused_until AND ${pending} = 0))
  )
  RETURNING ${columns}
)
SELECT *, true AS "isTaken" FROM taken
UNION ALL
SELECT account, network, ${failures}, ${pending}, expires_at, false FROM failure_counts f
WHERE (account, network) IN (SELECT account, network FROM wanted)
  AND (account, network) NOT IN (SELECT account, network FROM taken)`
  },
  fail: {
    name: 'flowgate_count_failure',
    text: `INSERT INTO failure_counts AS f (account, network, failures, expires_at)
SELECT account, network, 1, expires_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS a (account, network, expires_at) ORDER BY 1, 2
ON CONFLICT (account, network) DO UPDATE SET
  failures = 1 + CASE WHEN f.expires_at > $5::timestamptz THEN f.failures ELSE 0 END,
  pending = GREATEST(f.pending - 1, 0),
  expires_at = CASE WHEN f.expires_at <= $5::timestamptz OR f.account || '/' || f.network = ANY($4::text[])
    THEN EXCLUDED.expires_at ELSE LEAST(f.expires_at, EXCLUDED.expires_at) END
RETURNING ${columns}`
  },
  // A count without failures and pending attempts is deleted.
  release: {
    name: 'flowgate_release_attempt',
    text: `WITH held AS (
  SELECT account, network, CASE WHEN clears THEN 0 ELSE failures END AS failures, GREATEST(pending - places, 0) AS pending
  FROM failure_counts JOIN unnest($1::text[], $2::text[], $3::bool[], $4::int[]) AS r (account, network, clears, places)
    USING (account, network)
  ORDER BY 1, 2 FOR UPDATE OF failure_counts
), emptied AS (
  DELETE FROM failure_counts WHERE (account, network) IN (
    SELECT account, network FROM held WHERE failures = 0 AND pending = 0)
)
UPDATE failure_counts f SET failures = held.failures, pending = held.pending
FROM held WHERE f.account = held.account AND f.network = held.network AND held.failures + held.pending > 0`
  },
  find: {
    name: 'flowgate_find_failures',
    text: `SELECT ${columns} FROM failure_counts WHERE failures >= $1::int AND expires_at > $2::timestamptz AND account <> ''`
  },
  findOfAccounts: {
    name: 'flowgate_find_failures_of_accounts',
    text: `SELECT ${columns} FROM failure_counts
WHERE failures >= $1::int AND expires_at > $2::timestamptz AND account = ANY($3::text[])`
  },
  removeAccount: { name: 'flowgate_remove_account_failures', text: 'DELETE FROM failure_counts WHERE account = $1' }
} as const satisfies Record<string, Statement>

const columnsOf = (list: CountId[]) => [list.map(({ account }) => account), list.map(({ network }) => network)]
const momentsOf = (list: Array<Date | undefined>) => list.map(moment => moment?.toISOString() ?? null)

/** Counts in the database, with one prepared statement per operation. */
export function createFailureCounts ({ run, deadline }: Pick<Database, 'run' | 'deadline'>): FailureCounts {
  return {
    reserve: (list, now) => run<Reserved>(statements.reserve, [
      ...columnsOf(list),
      list.map(({ quota }) => quota),
      momentsOf(list.map(({ expiresAt }) => expiresAt)),
      momentsOf(list.map(({ pausedUntil }) => pausedUntil)),
      now.toISOString(),
      new Date(now.getTime() + PENDING_SECONDS * 1000).toISOString(),
      deadline()
    ]),
    fail: (list, now) => run<FailureCount>(statements.fail, [
      ...columnsOf(list),
      momentsOf(list.map(({ expiresAt }) => expiresAt)),
      list.filter(({ renews }) => renews).map(({ account, network }) => `${account}/${network}`),
      now.toISOString()
    ]),
    release: async list => {
      await run(statements.release, [
        ...columnsOf(list), list.map(({ clears }) => clears), list.map(({ hasPlace }) => hasPlace ? 1 : 0)
      ])
    },
    find: ({ failuresMin, accounts }, now) => accounts
      ? run<FailureCount>(statements.findOfAccounts, [failuresMin, now.toISOString(), accounts])
      : run<FailureCount>(statements.find, [failuresMin, now.toISOString()]),
    removeAccount: async account => { await run(statements.removeAccount, [account]) },
    close: async () => {}
  }
}
