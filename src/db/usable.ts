import { SetupError, type SetupProblem } from '../errors.ts'
import type { Pooling } from './server/connection.ts'
import { type Facts, requiredSettings } from './facts.ts'
import { trackedSettings } from './session-settings.ts'

/** The oldest supported version of PostgreSQL. */
const OLDEST_VERSION = 14

/** A shorter `transaction_timeout` would end transactions before Flowgate's limits apply, in milliseconds. */
const TRANSACTION_MS_MIN = 15_000

/** Requirements of the server beyond those of the embedded database. */
export type Needs = {
  /** The schema that the URL names. */
  schema?: string | undefined
  pooling: Pooling
  /** The longest time that this process waits for a statement, in milliseconds. */
  statementMsMax: number
}

const NO_NEEDS: Needs = { pooling: 'none', statementMsMax: 0 }

const name = (text: string) => /^[a-z_][a-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`

type Check = (facts: Facts, needs: Needs) => Pick<SetupProblem, 'problem' | 'remedy'> | false

const checks: Check[] = [
  ({ encoding, database }) => encoding !== 'UTF8' && {
    problem: `the encoding of ${name(database)} is ${encoding}, which cannot store every name and text`,
    remedy: 'Create a database in UTF-8: CREATE DATABASE flowgate TEMPLATE template0 ENCODING UTF8 LOCALE "C.UTF-8".'
  },
  ({ version }) => version < OLDEST_VERSION && {
    problem: `PostgreSQL ${version} is too old`, remedy: `Upgrade the server to PostgreSQL ${OLDEST_VERSION} or later.`
  },
  ({ isStandby }) => isStandby && {
    problem: 'the server is a read-only standby', remedy: 'Set LANGFLOW_DATABASE_URL to the primary.'
  },
  ({ isReadOnly, role }) => isReadOnly && {
    problem: 'default_transaction_read_only is on, so the database is read-only',
    remedy: `ALTER ROLE ${name(role)} SET default_transaction_read_only = off   # or RESET it on the database`
  },
  ({ replicationRole }) => replicationRole !== 'origin' && {
    problem: `session_replication_role is ${replicationRole}: triggers and foreign keys would not run`,
    remedy: 'Reset session_replication_role of the role and the database.'
  },
  ({ transactionMs, role }) => transactionMs > 0 && transactionMs < TRANSACTION_MS_MIN && {
    problem: `transaction_timeout is ${transactionMs} ms, which is too short`,
    remedy: `ALTER ROLE ${name(role)} SET transaction_timeout = 0`
  },
  ({ statementMs, role }, { pooling, statementMsMax }) =>
    pooling === 'transaction' && (statementMs === 0 || statementMs > statementMsMax) && {
      problem: 'the connections come from a pooler in transaction mode, and the role ' +
        (statementMs === 0 ? 'has no statement_timeout' : `has a statement_timeout of ${statementMs} ms`) +
        ': an abandoned statement could still take effect',
      remedy: `ALTER ROLE ${name(role)} SET statement_timeout = '${statementMsMax / 1000}s'   # then RECONNECT in the pooler`
    },
  ({ schema, searchPath, role, database }, { schema: wanted, pooling }) => {
    if (wanted !== undefined && pooling === 'transaction' && schema !== wanted) {
      return {
        problem: `the connections come from a pooler in transaction mode, and their schema is ${schema ?? 'none'}, not ${wanted}`,
        remedy: `ALTER ROLE ${name(role)} SET search_path = ${name(wanted)}   # then RECONNECT in the pooler`
      }
    }
    if (schema !== null) return false
    return wanted === undefined
      ? {
          problem: `no schema of the search path (${searchPath}) exists and is accessible to ${role}`,
          remedy: `ALTER ROLE ${name(role)} SET search_path = public, or create the schema, or add ?schema=NAME to the URL.`
        }
      : {
          problem: `the schema ${wanted} does not exist in ${name(database)}, or ${role} may not use it`,
          remedy: `CREATE SCHEMA IF NOT EXISTS ${name(wanted)} AUTHORIZATION ${name(role)}`
        }
  },
  ({ schema, schemaOfTables, role }) => schema !== null && schemaOfTables !== null && schema !== schemaOfTables && {
    problem: `the tables are in the schema ${schemaOfTables}, and new ones would be created in ${schema}`,
    remedy: `ALTER ROLE ${name(role)} SET search_path = ${name(schemaOfTables)}, or add ?schema=${schemaOfTables} to the URL.`
  },
  ({ schema, schemaOfTables, mayCreate, role }) => schema !== null && schemaOfTables === null && !mayCreate && {
    problem: `${role} may not create tables in the schema ${schema}`,
    remedy: `GRANT CREATE ON SCHEMA ${name(schema)} TO ${name(role)}   # or make it the owner of the database`
  },
  ({ closedTables, ownerOfTables, schemaOfTables, role }) => closedTables.length > 0 && {
    problem: `${role} may not read and write ${closedTables.length} of the tables, which belong to ${ownerOfTables}: ` +
      closedTables.slice(0, 5).join(', '),
    remedy: 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ' +
      `${name(schemaOfTables ?? 'public')} TO ${name(role)}   # or connect as ${ownerOfTables}`
  },
  ({ filteredTables, role }) => filteredTables.length > 0 && {
    problem: `row-level security hides rows of ${filteredTables.slice(0, 5).join(', ')} from ${role}`,
    remedy: `ALTER TABLE … DISABLE ROW LEVEL SECURITY, or ALTER ROLE ${name(role)} BYPASSRLS`
  }
]

const settingProblem = (setting: string, found: string | undefined, { role }: Facts) => ({
  subject: 'database',
  problem: `the session's ${setting} is ${found}, and must be ${requiredSettings[setting]}`,
  remedy: setting in trackedSettings
    ? `Let Flowgate set it: a connection pooler must not override ${setting}.`
    : `ALTER ROLE ${name(role)} SET ${setting} = '${requiredSettings[setting]}'   # the pooler does not pass it on`
})

/** Checks the properties of a database. Returns an empty list if Flowgate supports it. */
export function factProblems (facts: Facts, needs: Needs = NO_NEEDS): SetupProblem[] {
  const unset = Object.keys(requiredSettings).filter(setting => facts.settings[setting] !== requiredSettings[setting])
  return [
    ...unset.map(setting => settingProblem(setting, facts.settings[setting], facts)),
    ...checks.map(check => check(facts, needs)).filter(found => found !== false)
      .map(found => ({ subject: 'database', ...found }))
  ]
}

/** @throws SetupError with every property of the database that Flowgate does not support */
export function requireUsable (facts: Facts, needs?: Needs): void {
  const problems = factProblems(facts, needs)
  if (problems.length > 0) throw new SetupError(problems, { exitCode: 1 })
}
