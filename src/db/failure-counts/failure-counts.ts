import type { Database } from '../database.ts'
import type { Statement } from '../statements.ts'

/** What is counted: failures of an account from a network; an empty one stands for all of them. */
export type CountId = { account: string, network: string }

/** Attempts that were checked and failed, and those that are being checked now. */
export type FailureCount = CountId & { failures: number, pending: number, expiresAt: Date }

/** An attempt that asks for a place in one count. */
export type Reservation = CountId & {
  /** How many failed and pending attempts there may be. */
  quota: number
  /** When the count expires, if it begins now. */
  expiresAt: Date
  /** Beyond the quota, one attempt may be checked once the count expires before this moment. */
  pausedUntil?: Date | undefined
}

/** A count after a reservation: whether the place was taken. If it was not, the count as it was just before. */
export type Reserved = FailureCount & { isTaken: boolean }

/** One failure more. A count that `renews` expires at this moment, others when their first failure does. */
export type Failing = CountId & { expiresAt: Date, renews: boolean }

/** What becomes of a count without a failure. */
export type Release = CountId & {
  /** Whether a place in it is given back. */
  hasPlace: boolean
  /** Whether its failures so far are forgotten. */
  clears: boolean
}

/** Where failures are counted, for all replicas. */
export type FailureCounts = {
  /**
   * Takes a place in each count that has room, atomically for each of them.
   * @returns the counts. One is missing if others changed it at the same moment: then ask again
   */
  reserve: (reservations: Reservation[], now: Date) => Promise<Reserved[]>
  /** Turns places into failures. @returns the counts with the failures in them */
  fail: (failings: Failing[], now: Date) => Promise<FailureCount[]>
  release: (releases: Release[]) => Promise<void>
  /** Unexpired counts with at least so many failures, of the given accounts or of all. */
  find: (condition: { failuresMin: number, accounts?: string[] | undefined }, now: Date) => Promise<FailureCount[]>
  /** Removes everything that is counted for an account, whatever the network. */
  removeAccount: (account: string) => Promise<void>
  close: () => Promise<void>
}

/** How long a pending attempt counts, in case its process died. */
export const PENDING_SECONDS = 30

const columns = 'account, network, failures, pending, expires_at AS "expiresAt"'

/** Failures and pending attempts that still count at $6. */
const failures = 'CASE WHEN f.expires_at > $6::timestamptz THEN f.failures ELSE 0 END'
const pending = 'CASE WHEN f.pending_until > $6::timestamptz THEN f.pending ELSE 0 END'

/*
 * Each statement locks its rows in the order of their keys, so that two replicas wait for each other and do not
 * deadlock. Of several attempts at once, each sees those before it: ON CONFLICT reads the latest version of a row.
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
  // A count without failures and pending attempts says nothing: it is deleted.
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

/** In the database: one prepared statement for each of them. */
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
