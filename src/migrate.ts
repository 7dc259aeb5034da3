import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bindMigrationAwareSqlAdapterFactory, type SqlMigrationAwareDriverAdapterFactory }
  from '@prisma/driver-adapter-utils'
import type { Database, Facts } from './db.ts'
import { SetupError } from './errors.ts'

const prismaFolder = new URL('../prisma/', import.meta.url)

/** Reads the Prisma schema. */
export const readSchema = () => readFileSync(new URL('schema.prisma', prismaFolder), 'utf8')

type Migration = { name: string, sql: string, checksum: string }

/** The migrations of this version, oldest first. */
export function readMigrations (): Migration[] {
  const folder = new URL('migrations/', prismaFolder)
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(new URL(`${name}/migration.sql`, folder), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
    .sort((a, b) => a.name < b.name ? -1 : 1)
}

/** The migrations in the format of the engine. */
export function migrationsList (migrations = readMigrations()) {
  return {
    baseDir: fileURLToPath(new URL('migrations', prismaFolder)),
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    migrationDirectories: migrations.map(({ name, sql }) => (
      { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } } })),
    shadowDbInitScript: ''
  }
}

/** No table is excluded from Prisma's changes. */
export const noFilters = { externalTables: [], externalEnums: [] }

async function loadEngine () {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm')
  // Node 20 cannot import a .wasm file, so the steps of the generated glue code are repeated here.
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const { instance } = await WebAssembly.instantiate(readFileSync(path), {
    './schema_engine_bg.js': withoutLingering({ ...glue })
  })
  glue.__wbg_set_wasm(instance.exports)
  const start = instance.exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return glue
}

/** Prevents the engine's timers (10 s for its lock) from keeping a finished process running. */
function withoutLingering<T extends object> (imports: T): T {
  return Object.fromEntries(Object.entries(imports).map(([name, work]) => !name.startsWith('__wbg_setTimeout')
    ? [name, work]
    : [name, (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref()])) as T // with the same names
}

/** The glue supports one instance per process. */
let loading: ReturnType<typeof loadEngine> | undefined

/**
 * Loads Prisma's schema engine in WebAssembly, which runs in process, offline and on both databases. The engine of the
 * command-line tool is a binary that must be downloaded.
 */
export async function openSchemaEngine (adapter: SqlMigrationAwareDriverAdapterFactory) {
  const glue = await (loading ??= loadEngine())
  const datamodels: Array<[string, string]> = [['schema.prisma', readSchema()]]
  return glue.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(adapter))
}

export type MigrationStatus = {
  applied: string[], pending: string[], unknown: string[], edited: string[]
  /** Started but not finished: in progress, failed or interrupted. */
  begun: string[]
}

/**
 * Looks only in the schema for new tables, because another application may have a table with this name in another
 * schema.
 */
const findTable = {
  name: 'flowgate_find_migrations',
  text: "SELECT to_regclass(quote_ident(current_schema()) || '._prisma_migrations')::text AS name"
}

const readTable = {
  name: 'flowgate_read_migrations',
  text: `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isWhole" FROM _prisma_migrations
WHERE rolled_back_at IS NULL`
}

/** Compares the migrations of the database with those of this version. Does not load the engine. */
export async function migrationStatus ({ run }: Pick<Database, 'run'>): Promise<MigrationStatus> {
  const migrations = readMigrations()
  const [table] = await run<{ name: string | null }>(findTable, [])
  const rows = table?.name ? await run<{ name: string, checksum: string, isWhole: boolean }>(readTable, []) : []
  const [whole, begun] = [rows.filter(({ isWhole }) => isWhole), rows.filter(({ isWhole }) => !isWhole)]
  const checksums = new Map(whole.map(({ name, checksum }) => [name, checksum]))
  const known = new Set(migrations.map(({ name }) => name))
  return {
    applied: migrations.filter(({ name }) => checksums.has(name)).map(({ name }) => name),
    pending: migrations.filter(({ name }) => !checksums.has(name)).map(({ name }) => name),
    unknown: [...checksums.keys()].filter(name => !known.has(name)),
    edited: migrations.filter(({ name, checksum }) => (checksums.get(name) ?? checksum) !== checksum)
      .map(({ name }) => name),
    begun: [...new Set(begun.map(({ name }) => name))]
  }
}

/** Attempts to acquire the engine's lock if replicas start together. Each attempt waits up to 10 s. */
const ATTEMPTS = 6

/**
 * Updates the database to this version's schema, under the engine's advisory lock.
 * @returns the names of the migrations that this call applied
 * @throws SetupError if the database is newer or a migration failed
 */
export async function migrate (database: Database): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const { pending, unknown, begun } = await migrationStatus(database)
    if (unknown.length > 0) throw newer(unknown)
    if (pending.length === 0) return []
    requireMigratable(database.facts)
    try {
      return await applyPending(database, begun)
    } catch (cause) {
      if (attempt === ATTEMPTS || !isLockTimeout(cause)) throw failed(cause)
      await sleep(250 * attempt)
    }
  }
}

/**
 * Adds the update of `_prisma_migrations` to a migration, so that an interruption leaves both or neither. The engine
 * repeats the update.
 */
function withNote (script: string): string {
  const checksum = createHash('sha256').update(script).digest('hex')
  if (!readMigrations().some(migration => migration.checksum === checksum)) return script
  return `${script}
;UPDATE _prisma_migrations SET finished_at = now() WHERE checksum = '${checksum}' AND rolled_back_at IS NULL`
}

/**
 * @param begun migrations that were unfinished before the lock was acquired; those that are unfinished under the lock
 * have changed nothing
 */
async function applyPending (database: Database, begun: string[]): Promise<string[]> {
  let refusal: unknown
  const { adapter, commit, close } = database.openMigrationAdapter({
    prepare: withNote, onError: error => { refusal = error }
  })
  try {
    const engine = await openSchemaEngine(adapter)
    for (const migrationName of begun) {
      await engine.markMigrationRolledBack({ migrationName }).catch((error: unknown) => {
        if (isLockTimeout(error)) throw error
        // Another process has finished the migration.
      })
    }
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationsList(), filters: noFilters
    })
    await commit()
    return appliedMigrationNames
  } catch (error) {
    throw refusal ?? error
  } finally {
    await close()
  }
}

/** @throws SetupError before any change if the role may not change the tables */
function requireMigratable ({ isOwner, mayCreate, ownerOfTables, schema, role }: Facts) {
  if (isOwner && mayCreate) return
  throw new SetupError([{
    subject: 'database',
    problem: isOwner
      ? `migrations are pending, and ${role} may not create tables in ${schema}`
      : `migrations are pending, and only ${ownerOfTables}, the owner of the tables, may apply them`,
    remedy: isOwner
      ? `GRANT CREATE ON SCHEMA "${schema}" TO "${role}"`
      : `Run \`npx flowgate migrate deploy\` with a database URL of ${ownerOfTables}, then start again.`
  }], { exitCode: 1 })
}

const isLockTimeout = (error: unknown) => /advisory lock|P1002/i.test(String(error))

function newer (unknown: string[]): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: `its schema is newer than this version of Flowgate (${unknown.join(', ')})`,
    remedy: 'Start the newer version, or restore the backup made before the upgrade.'
  }], { exitCode: 1 })
}

/** The engine's error P3005. */
const isForeign = (text: string) => text.includes('schema is not empty')

function failed (cause: unknown): SetupError {
  const text = String(cause instanceof Error ? cause.message : cause)
  if (isForeign(text)) {
    return new SetupError([{
      subject: 'LANGFLOW_DATABASE_URL',
      problem: 'the database contains tables of another application',
      remedy: 'Create a database for Flowgate: CREATE DATABASE flowgate.'
    }], { exitCode: 1, cause })
  }
  const [reason] = text.split('\n')
  return new SetupError([{
    subject: 'database',
    problem: `a migration failed and was rolled back: ${reason}`,
    remedy: 'Correct the cause and start again. `npx flowgate migrate status` lists the pending migrations.'
  }], { exitCode: 1, cause })
}
