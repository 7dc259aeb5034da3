import type { RunStatement, Statement } from './statements.ts'

/** What is counted: failures of an account from a network; an empty one stands for all of them. */
export type CountId = { account: string, network: string }

export type FailureCount = CountId & { failures: number, expiresAt: Date }

/** One failure more. A count that `renews` lasts until this moment, others end when their first failure does. */
export type Addition = CountId & { expiresAt: Date, renews: boolean }

/** Where failures are counted, for all replicas. */
export type FailureCounts = {
  /** Those counts that there are; some may be over. One read. */
  read: (ids: CountId[]) => Promise<FailureCount[]>
  /** @returns the counts with the failure in them */
  add: (additions: Addition[], now: Date) => Promise<FailureCount[]>
  remove: (ids: CountId[]) => Promise<void>
  /** Everything that is counted of an account, whatever the network. */
  removeAccount: (account: string) => Promise<void>
  close: () => Promise<void>
}

const columns = 'account, network, failures, expires_at AS "expiresAt"'
const ids = 'SELECT * FROM unnest($1::text[], $2::text[])'

const statements = {
  read: {
    name: 'flowgate_read_failures',
    text: `SELECT ${columns} FROM failure_counts WHERE (account, network) IN (${ids})`
  },
  // In the order of their keys, so that two replicas that write at once wait and do not deadlock.
  add: {
    name: 'flowgate_add_failures',
    text: `INSERT INTO failure_counts AS f (account, network, failures, expires_at)
SELECT a.account, a.network, 1, a.expires_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS a (account, network, expires_at) ORDER BY 1, 2
ON CONFLICT (account, network) DO UPDATE SET
  failures = CASE WHEN f.expires_at <= $5::timestamptz THEN 1 ELSE f.failures + 1 END,
  expires_at = CASE WHEN f.expires_at <= $5::timestamptz OR f.account || '/' || f.network = ANY($4::text[])
    THEN EXCLUDED.expires_at ELSE LEAST(f.expires_at, EXCLUDED.expires_at) END
RETURNING ${columns}`
  },
  remove: {
    name: 'flowgate_remove_failures', text: `DELETE FROM failure_counts WHERE (account, network) IN (${ids})`
  },
  removeAccount: { name: 'flowgate_remove_account_failures', text: 'DELETE FROM failure_counts WHERE account = $1' }
} as const satisfies Record<string, Statement>

const columnsOf = (list: CountId[]) => [list.map(({ account }) => account), list.map(({ network }) => network)]

/** In the database: one prepared statement for each of them. */
export function createFailureCounts (run: RunStatement): FailureCounts {
  return {
    read: list => run<FailureCount>(statements.read, columnsOf(list)),
    add: (list, now) => run<FailureCount>(statements.add, [
      ...columnsOf(list),
      list.map(({ expiresAt }) => expiresAt.toISOString()),
      list.filter(({ renews }) => renews).map(({ account, network }) => `${account}/${network}`),
      now.toISOString()
    ]),
    remove: async list => { await run(statements.remove, columnsOf(list)) },
    removeAccount: async account => { await run(statements.removeAccount, [account]) },
    close: async () => {}
  }
}
