import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bindMigrationAwareSqlAdapterFactory, type SqlMigrationAwareDriverAdapterFactory }
  from '@prisma/driver-adapter-utils'
import type { Database } from './db.ts'
import { SetupError } from './errors.ts'

const prismaFolder = new URL('../prisma/', import.meta.url)

/** Text of the data model, as Prisma's tools want it. */
export const readSchema = () => readFileSync(new URL('schema.prisma', prismaFolder), 'utf8')

type Migration = { name: string, sql: string, checksum: string }

/** The migrations that came with this version, oldest first. */
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

/** The list in the form the engine takes. */
export function migrationsList (migrations = readMigrations()) {
  return {
    baseDir: fileURLToPath(new URL('migrations', prismaFolder)),
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    migrationDirectories: migrations.map(({ name, sql }) => (
      { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } } })),
    shadowDbInitScript: ''
  }
}

/** Tables Prisma must not touch: none. */
export const noFilters = { externalTables: [], externalEnums: [] }

async function loadEngine () {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm')
  // Node 20 cannot import a .wasm file: the glue's four steps are done by hand.
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const { instance } = await WebAssembly.instantiate(readFileSync(path), { './schema_engine_bg.js': { ...glue } })
  glue.__wbg_set_wasm(instance.exports)
  const start = instance.exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return glue
}

/** The glue holds one instance for the whole process, and would mix up two. */
let loading: ReturnType<typeof loadEngine> | undefined

/**
 * Prisma's own schema engine, in WebAssembly: in process, offline, on both databases. The command-line tool's
 * engine is a binary that must be downloaded.
 */
export async function openSchemaEngine (adapter: SqlMigrationAwareDriverAdapterFactory) {
  const glue = await (loading ??= loadEngine())
  const datamodels: Array<[string, string]> = [['schema.prisma', readSchema()]]
  return glue.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(adapter))
}

export type MigrationStatus = { applied: string[], pending: string[], unknown: string[], edited: string[] }

/** Compares what the database has with what came with this version; one query, no engine. */
export async function migrationStatus ({ client }: Pick<Database, 'client'>): Promise<MigrationStatus> {
  const migrations = readMigrations()
  const [table] = await client.$queryRaw<Array<{ name: string | null }>>`
    SELECT to_regclass('_prisma_migrations')::text AS name`
  const rows = table?.name
    ? await client.$queryRaw<Array<{ name: string, checksum: string }>>`
      SELECT migration_name AS name, checksum FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`
    : []
  const checksums = new Map(rows.map(({ name, checksum }) => [name, checksum]))
  const known = new Set(migrations.map(({ name }) => name))
  return {
    applied: migrations.filter(({ name }) => checksums.has(name)).map(({ name }) => name),
    pending: migrations.filter(({ name }) => !checksums.has(name)).map(({ name }) => name),
    unknown: [...checksums.keys()].filter(name => !known.has(name)),
    edited: migrations.filter(({ name, checksum }) => (checksums.get(name) ?? checksum) !== checksum)
      .map(({ name }) => name)
  }
}

/** How often replicas that boot together ask for the engine's lock (it waits 10 s each time). */
const ATTEMPTS = 6

/**
 * Brings the database to this version's schema, under the engine's advisory lock.
 * @returns the names of the migrations applied by this call
 * @throws SetupError when the database is newer, its history differs, or a migration failed
 */
export async function migrate (database: Database): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const { pending, unknown } = await migrationStatus(database)
    if (unknown.length > 0) throw newer(unknown)
    if (pending.length === 0) return []
    try {
      return await applyPending(database)
    } catch (cause) {
      if (attempt === ATTEMPTS || !isLockTimeout(cause)) throw failed(cause)
      await sleep(250 * attempt)
    }
  }
}

async function applyPending (database: Database): Promise<string[]> {
  const { adapter, close } = database.openMigrationAdapter()
  try {
    const engine = await openSchemaEngine(adapter)
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationsList(), filters: noFilters
    })
    return appliedMigrationNames
  } finally {
    await close()
  }
}

const isLockTimeout = (error: unknown) => /advisory lock|P1002/i.test(String(error))

function newer (unknown: string[]): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: `its schema is newer than this version of Flowgate (${unknown.join(', ')})`,
    remedy: 'Start the newer version, or restore the backup made before the upgrade.'
  }], { exitCode: 1 })
}

function failed (cause: unknown): SetupError {
  const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n')
  return new SetupError([{
    subject: 'database',
    problem: `a migration did not succeed: ${reason}`,
    remedy: 'See `npx flowgate migrate status`; nothing is served until the schema is whole.'
  }], { exitCode: 1, cause })
}
