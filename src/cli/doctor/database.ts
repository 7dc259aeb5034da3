import type { Config } from '../../config.ts'
import type { Database, Facts } from '../../db.ts'
import { migrationStatus } from '../../migrate.ts'
import { fail, type Finding, firstOf, ok, warn } from './finding.ts'

const LOOKS = 7
const SLOW_MS = 20
/** Older versions no longer receive security fixes (PostgreSQL versioning policy, November 2026). */
const OLDEST_SUPPORTED = 15
const CLOCK_WARN_MS = 5000
const CLOCK_FAIL_MS = 60_000

type Server = { now: Date, connections: number, max: number, commit: string, fsync: string }

/** The current state of the database server. */
async function readServer ({ client }: Database): Promise<Server> {
  const [server] = await client.$queryRaw<Server[]>`
    SELECT clock_timestamp() AS now, current_setting('max_connections')::int AS max,
      current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync,
      (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections`
  if (!server) throw new Error('a statement without a row')
  return server
}

async function latencyMs ({ client }: Database): Promise<number> {
  const times: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    const started = performance.now()
    await client.$queryRaw`SELECT 1`
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? 0
}

/** Reachability, latency, version, durability, connections and clock. */
export async function checkDatabase (database: Database, config: Config, clock: () => Date): Promise<Finding[]> {
  const ms = await latencyMs(database)
  const server = await readServer(database)
  const place = `${database.label}, PostgreSQL ${database.facts.version}, responds in ${ms.toFixed(1)} ms`
  const findings = firstOf(
    ms > SLOW_MS && warn('database', place, 'Run the server close to its database: every request waits for it.'),
    ok('database', place)
  )
  if (database.kind === 'embedded') return findings
  return [
    ...findings, ...checkFacts(database.facts), ...checkDurability(server), ...checkRoom(server, config),
    ...checkClock(server.now.getTime() - clock().getTime())
  ]
}

/** Opening the database refuses what Flowgate cannot work with. These findings list what was checked. */
function checkFacts ({ settings, version, encoding, ctype, schema, role }: Facts): Finding[] {
  return [
    ok('session', `time zone ${settings['TimeZone']}, date style ${settings['DateStyle']}, ` +
      `isolation ${settings['default_transaction_isolation']}: set for each connection`),
    ok('schema', `${schema}, encoding ${encoding}, as ${role}`),
    ...(version < OLDEST_SUPPORTED
      ? [warn('database', `PostgreSQL ${version} no longer receives security fixes`, 'Upgrade the database server.')]
      : []),
    ...(['C', 'POSIX'].includes(ctype)
      ? [warn('database', `its character classification is ${ctype}: searches distinguish É from é`,
          "Create a database with LOCALE 'C.UTF-8' or a language's locale.")]
      : [])
  ]
}

function checkDurability ({ commit, fsync }: Server): Finding[] {
  return fsync === 'off' || commit === 'off'
    ? [warn('database', `fsync is ${fsync}, synchronous_commit is ${commit}: a crash can lose committed changes`,
        'ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET synchronous_commit = on;')]
    : []
}

function checkRoom ({ max, connections }: Server, { databasePoolSize: pool }: Config): Finding[] {
  const processes = Math.floor((max - 3) / pool) // three are reserved for the superuser of the database
  const says = `${connections} of ${max} connections are in use; a replica uses up to ${pool}: enough for ${processes} replicas`
  return [processes < 2
    ? warn('connections', says, 'Lower LANGFLOW_DATABASE_POOL_SIZE, or raise max_connections.')
    : ok('connections', says)]
}

function checkClock (differenceMs: number): Finding[] {
  const says = `${(Math.abs(differenceMs) / 1000).toFixed(1)} s apart from the clock of the database`
  const fix = 'Enable time synchronisation on both machines: timedatectl set-ntp true'
  return firstOf(
    Math.abs(differenceMs) > CLOCK_FAIL_MS && fail('clock', says, fix),
    Math.abs(differenceMs) > CLOCK_WARN_MS && warn('clock', says, fix),
    ok('clock', says)
  )
}

/** Whether the schema is current. */
export async function checkMigrations (database: Database): Promise<{ isCurrent: boolean, findings: Finding[] }> {
  const { applied, pending, unknown, edited } = await migrationStatus(database)
  return {
    isCurrent: pending.length === 0 && unknown.length === 0,
    findings: firstOf(
      unknown.length > 0 && fail('migrations', `the schema is newer than this version (${unknown.join(', ')})`,
        'Start the newer version, or restore the backup made before the upgrade.'),
      edited.length > 0 && fail('migrations', `changed after they were applied: ${edited.join(', ')}`,
        'Install this version again: migrations are never edited.'),
      pending.length > 0 && warn('migrations', `${pending.length} pending`, 'flowgate migrate deploy   # or start the server'),
      ok('migrations', `all ${applied.length} are applied`)
    )
  }
}
