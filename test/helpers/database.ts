import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { Test } from 'tap'
import { type Database, openDb } from '../../src/db.ts'
import { fromPGlite } from '../../src/db/embedded/embedded.ts'
import { findPrograms } from '../../scripts/postgres.mjs'
import { migrate, readMigrations } from '../../src/migrate.ts'

const pglitePath = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'))
const PGLITE_VERSION: string = JSON.parse(readFileSync(join(pglitePath, '../package.json'), 'utf8')).version

/** URL of a PostgreSQL server whose user may create databases. scripts/test.mjs starts one if possible. */
export const postgresUrl = process.env['FLOWGATE_TEST_POSTGRES_URL']

/** Database defaults that an operator might set. scripts/postgres.mjs sets the same for its servers. */
const HOSTILE_DEFAULTS = `DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET TimeZone = %L', current_database(), '${process.env['FLOWGATE_TEST_TIME_ZONE'] ?? 'Asia/Kolkata'}');
  EXECUTE format('ALTER DATABASE %I SET DateStyle = %L', current_database(), 'German');
END $$`

const inMemory = (pglite: PGlite) => fromPGlite(pglite, 'in memory', () => pglite.close())

/** A migrated database as a file, created once per state of the migrations. `initdb` takes a second, this a tenth. */
async function template (): Promise<Blob> {
  const parts = JSON.stringify([readMigrations(), HOSTILE_DEFAULTS])
  const state = createHash('sha256').update(parts).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `flowgate-template-${state}-${PGLITE_VERSION}.tar`)
  if (!existsSync(path)) {
    const pglite = await PGlite.create()
    await migrate(await inMemory(pglite))
    await pglite.exec(HOSTILE_DEFAULTS)
    const dump = await pglite.dumpDataDir('none')
    await pglite.close()
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, Buffer.from(await dump.arrayBuffer()))
    renameSync(draft, path)
  }
  return new Blob([readFileSync(path)])
}

let loading: Promise<Blob> | undefined

/** FLOWGATE_TEST_ENGINE=postgres also runs the tests that need no particular engine on the server. */
const isOnServer = process.env['FLOWGATE_TEST_ENGINE'] === 'postgres'

/** A new, migrated database: in memory on the embedded engine, or on the server. */
export async function openMemory (): Promise<Database> {
  if (isOnServer) {
    const { database } = await openPostgres({ template: await (migrated ??= migratedTemplate()) })
    return database
  }
  const loadDataDir = await (loading ??= template())
  return inMemory(await PGlite.create({ loadDataDir }))
}

let migrated: Promise<string> | undefined

/** Name of the migrated database that this process copies. It is removed with the server. */
async function migratedTemplate (): Promise<string> {
  const { url } = await createPostgres()
  const database = await openDb({
    databaseUrl: url, configDir: '', databasePoolSize: 2, databaseConnectSeconds: 10
  }, () => {})
  await migrate(database)
  await database.close()
  return new URL(url).pathname.slice(1)
}

/** The same for several consecutive apps. None of them closes the database. */
export async function openLasting (t: Test): Promise<Database> {
  const database = await openMemory()
  t.teardown(() => database.close())
  return { ...database, close: async () => {} }
}

/** The same without migrations, as `initdb` creates it. */
export const openEmptyMemory = async (): Promise<Database> => inMemory(await PGlite.create())

/** Defaults of a database, set with `ALTER DATABASE … SET`. */
export type DatabaseDefaults = Record<string, string>

/** A new, empty database on the server: its URL, and a function that drops it. */
export async function createPostgres (
  { defaults = {}, template = 'template1' }: { defaults?: DatabaseDefaults, template?: string } = {}
): Promise<{ url: string, drop: () => Promise<void> }> {
  if (!postgresUrl) throw new Error('FLOWGATE_TEST_POSTGRES_URL is not set')
  const name = `flowgate_${randomBytes(6).toString('hex')}`
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: postgresUrl })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await admin(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  for (const [setting, value] of Object.entries(defaults)) await admin(`ALTER DATABASE ${name} SET ${setting} = '${value}'`)
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** The same, opened as the service opens it. */
export async function openPostgres (
  options: { defaults?: DatabaseDefaults, template?: string } = {}
): Promise<{ database: Database, url: string }> {
  const { url, drop } = await createPostgres(options)
  const database = await openDb({
    databaseUrl: url, configDir: '', databasePoolSize: 5, databaseConnectSeconds: 10
  }, () => {})
  const { close } = database
  return { url, database: { ...database, close: async () => { await close(); await drop() } } }
}

/** Options of tests that need the server. They are skipped with a message if there is none. */
export const needsPostgres = postgresUrl
  ? {}
  : { skip: 'no PostgreSQL server: install it (Debian: postgresql), or set FLOWGATE_TEST_POSTGRES_URL' }

/** Counts the prepared statements of the request path that a database runs. */
export function countStatements (database: Database): { count: number } {
  const seen = { count: 0 }
  const { run } = database
  database.run = (statement, values) => {
    seen.count++
    return run(statement, values)
  }
  return seen
}

/** A dump, if pg_dump is installed next to the server. */
export function dumpDatabase (url: string): string {
  const program = join(findPrograms() ?? '', 'pg_dump')
  return existsSync(program) ? execFileSync(program, [url], { encoding: 'utf8', maxBuffer: 1 << 28 }) : ''
}
