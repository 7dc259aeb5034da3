import { ownSettings, type SessionSettings, trackedSettings } from './session-settings.ts'
import type { RunStatement } from './statements.ts'

/** The settings that every session must have, and their values. */
export const requiredSettings: SessionSettings = { ...trackedSettings, ...ownSettings }

/** The properties of the database, as a connection of this process sees them. */
export type Facts = {
  /** The settings that every session must have, by name. */
  settings: SessionSettings
  encoding: string
  /** Character classification of the database; `C` supports ASCII letters only. */
  ctype: string
  /** Major version of the server. */
  version: number
  isStandby: boolean
  isReadOnly: boolean
  /** `session_replication_role`. Triggers run only if it is `origin`. */
  replicationRole: string
  /**
   * The server's time limits for a statement and for a transaction (PostgreSQL 17 or later), in milliseconds; 0 means
   * no limit.
   */
  statementMs: number
  transactionMs: number
  role: string
  database: string
  searchPath: string
  /** The schema for new tables: the first existing schema of the search path; null if none exists. */
  schema: string | null
  mayCreate: boolean
  /** The schema in which the search path finds Flowgate's tables; null if there are no tables. */
  schemaOfTables: string | null
  ownerOfTables: string | null
  isOwner: boolean
  /**
   * Tables of Flowgate that the role may not read and write (`closedTables`), and those with rows that a row-level
   * security policy hides from it (`filteredTables`).
   */
  closedTables: string[]
  filteredTables: string[]
}

const milliseconds = (name: string) =>
  `COALESCE(EXTRACT(EPOCH FROM current_setting('${name}', true)::interval) * 1000, 0)::int`

const settingsObject = Object.keys(requiredSettings).map(name => `'${name}', current_setting('${name}')`).join(', ')

const readFactsStatement = {
  name: 'flowgate_read_facts',
  text: `WITH ours AS (
  -- The first schema of the search path that contains both tables. Every application of Prisma has the first table.
  SELECT n.nspname, m.relnamespace, m.relowner
  FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
  JOIN pg_namespace n ON n.nspname = path.name
  JOIN pg_class m ON m.relnamespace = n.oid AND m.relname = '_prisma_migrations'
  JOIN pg_class f ON f.relnamespace = n.oid AND f.relname = 'failure_counts' AND f.relowner = m.relowner
  ORDER BY path.place LIMIT 1
), tables AS (
  SELECT c.oid, c.relname
  FROM pg_class c JOIN ours ON c.relnamespace = ours.relnamespace AND c.relowner = ours.relowner
  WHERE c.relkind IN ('r', 'p')
)
SELECT json_build_object(${settingsObject}) AS settings,
  current_setting('server_encoding') AS encoding,
  (SELECT datctype FROM pg_database WHERE datname = current_database()) AS ctype,
  current_setting('server_version_num')::int / 10000 AS version,
  pg_is_in_recovery() AS "isStandby",
  current_setting('default_transaction_read_only') = 'on' AS "isReadOnly",
  current_setting('session_replication_role') AS "replicationRole",
  ${milliseconds('statement_timeout')} AS "statementMs",
  ${milliseconds('transaction_timeout')} AS "transactionMs",
  current_user::text AS role,
  current_database()::text AS database,
  current_setting('search_path') AS "searchPath",
  current_schema()::text AS schema,
  COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS "mayCreate",
  (SELECT nspname::text FROM ours) AS "schemaOfTables",
  (SELECT pg_get_userbyid(relowner)::text FROM ours) AS "ownerOfTables",
  COALESCE((SELECT pg_has_role(relowner, 'USAGE') FROM ours), true) AS "isOwner",
  ARRAY(SELECT relname::text FROM tables WHERE NOT (has_table_privilege(oid, 'SELECT') AND
    has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    ORDER BY relname) AS "closedTables",
  ARRAY(SELECT relname::text FROM tables WHERE row_security_active(oid) ORDER BY relname) AS "filteredTables"`
}

/** Reads all properties in one statement. */
export async function readFacts (run: RunStatement): Promise<Facts> {
  const [facts] = await run<Facts>(readFactsStatement, [])
  if (!facts) throw new Error('the statement returned no row')
  return facts
}
