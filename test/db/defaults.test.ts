import pg from 'pg'
import t, { type Test } from 'tap'
import { type Database, openDb } from '../../src/db.ts'
import { factProblems } from '../../src/db/usable.ts'
import { migrate } from '../../src/migrate.ts'
import { startPostgres } from '../../scripts/postgres.mjs'
import { buildApp } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { serverEnv } from '../helpers/server.ts'

const limits = { ...needsPostgres, timeout: 240_000 }

/** A database, a connection of its owner, and a role that is not a superuser. */
async function openScene (t: Test) {
  const { url, drop } = await createPostgres()
  const name = new URL(url).pathname.slice(1)
  const role = `${name}_role`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const query = async <Row extends pg.QueryResultRow>(sql: string) => (await client.query<Row>(sql)).rows
  await query(`CREATE ROLE ${role} LOGIN`)
  t.teardown(async () => {
    await query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
    await client.end()
    await drop()
  })
  const asRole = new URL(url)
  asRole.username = role
  return { name, role, query, url: asRole.href }
}

type Scene = Awaited<ReturnType<typeof openScene>>

const open = (databaseUrl: string) =>
  openDb({ databaseUrl, configDir: '', databasePoolSize: 4, databaseConnectSeconds: 5 }, () => {})

/** The app does not close the database. */
const lent = (database: Database): Database => ({ ...database, close: async () => {} })

/** Uses every path to the database: migrations, raw statements, Prisma and its transactions. */
async function use (t: Test, url: string, schema: string) {
  for (const time of ['first', 'second']) {
    const database = await open(url)
    const applied = await migrate(database)
    t.equal(applied.length > 0, time === 'first', `${time} start`)
    const { as, admin } = await buildApp(t, { database: lent(database) })
    if (time === 'first') {
      const ada = await as('ada')
      t.equal((await ada.get('/users/whoami')).statusCode, 200)
      t.equal((await ada.post('/api_key/', {})).statusCode, 200)
      const variable = { name: 'Łukasz 🗝', value: 'v', type: 'Credential', default_fields: [] }
      t.equal((await ada.post('/variables/', variable)).statusCode, 201)
    }
    const found = (await (await admin()).get('/users/?search=ada')).json().users
    t.equal(found.length, 1, 'both starts use the same tables')
    const tables = await database.run<{ schema: string }>({
      name: 'tables',
      text: "SELECT schemaname::text AS schema FROM pg_tables WHERE tablename IN ('users', '_prisma_migrations')"
    }, [])
    t.strictSame(tables, [{ schema }, { schema }])
    await database.close()
  }
}

t.test('tables are in the schema that the role, the database, the options or the URL says', limits, async t => {
  const cases: Array<[string, (scene: Scene) => Promise<string>, string | undefined]> = [
    ['named as the role', async ({ query, role }) => {
      await query(`CREATE SCHEMA ${role} AUTHORIZATION ${role}`)
      return ''
    }, undefined],
    ['search path of the role', async ({ query, role }) => {
      await query(`CREATE SCHEMA auth AUTHORIZATION ${role}; ALTER ROLE ${role} SET search_path = missing, auth, public`)
      return ''
    }, 'auth'],
    ['search path of the database', async ({ query, role, name }) => {
      await query(`CREATE SCHEMA "Mixed Case" AUTHORIZATION ${role};
        ALTER DATABASE ${name} SET search_path = "Mixed Case"`)
      return ''
    }, 'Mixed Case'],
    ['options of the URL', async ({ query, role }) => {
      await query(`CREATE SCHEMA auth AUTHORIZATION ${role}`)
      return '?options=-csearch_path%3Dauth'
    }, 'auth'],
    ['schema of the URL', async ({ query, role }) => {
      await query(`CREATE SCHEMA "it's" AUTHORIZATION ${role}; ALTER ROLE ${role} SET search_path = public`)
      return '?schema=it%27s'
    }, "it's"]
  ]
  for (const [name, prepare, schema] of cases) {
    await t.test(name, async t => {
      const scene = await openScene(t)
      const suffix = await prepare(scene)
      await use(t, scene.url + suffix, schema ?? scene.role)
    })
  }
})

t.test('defaults that change the meaning of statements are overridden', limits, async t => {
  const scene = await openScene(t)
  const { query, role, name } = scene
  await query(`GRANT CREATE ON SCHEMA public TO ${role}`)
  for (const setting of [
    "default_transaction_isolation = 'serializable'", 'default_transaction_deferrable = on',
    'transform_null_equals = on',
    'array_nulls = off', "lock_timeout = '1ms'", 'standard_conforming_strings = off', "statement_timeout = '20ms'",
    "idle_in_transaction_session_timeout = '5ms'", "IntervalStyle = 'sql_standard'", "bytea_output = 'escape'",
    'extra_float_digits = -15', "client_encoding = 'LATIN1'", 'row_security = off',
    "plan_cache_mode = 'force_custom_plan'", 'synchronous_commit = off'
  ]) await query(`ALTER DATABASE ${name} SET ${setting}`)
  await use(t, scene.url, 'public')
})

type Refusal = [name: string, prepare: (scene: Scene) => Promise<string | undefined>, said: RegExp]

const refusals: Refusal[] = [
  ['encoding', async ({ query, name, url }) => {
    await query(`CREATE DATABASE ${name}_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    return `${url}_latin`
  }, /the encoding of \S+_latin is LATIN1.*\n.*UTF8/],
  ['encoding without a check', async ({ query, name, url }) => {
    await query(`CREATE DATABASE ${name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`)
    return `${url}_ascii`
  }, /is SQL_ASCII/],
  ['no right to create', async () => undefined,
    /may not create tables in the schema public\n.*GRANT CREATE ON SCHEMA public TO/],
  ['no schema', async ({ query, role }) => {
    await query(`ALTER ROLE ${role} SET search_path = nowhere`)
    return undefined
  }, /no schema of the search path \(nowhere\) exists/],
  ['a schema that is not there', async ({ url }) => `${url}?schema=nowhere`,
    /the schema nowhere does not exist.*\n.*CREATE SCHEMA/],
  ['a schema of another role', async ({ query, url }) => {
    await query('CREATE SCHEMA theirs')
    return `${url}?schema=theirs`
  }, /the schema theirs does not exist in \S+, or \S+ may not use it/],
  ['read-only by default', async ({ query, role }) => {
    await query(`GRANT CREATE ON SCHEMA public TO ${role}; ALTER ROLE ${role} SET default_transaction_read_only = on`)
    return undefined
  }, /default_transaction_read_only is on.*\n.*ALTER ROLE/],
  ['triggers switched off', async ({ query, role }) => {
    await query(`GRANT CREATE ON SCHEMA public TO ${role}; ALTER ROLE ${role} SET session_replication_role = replica`)
    return undefined
  }, /session_replication_role is replica/]
]

t.test('unsupported database properties are rejected by the boot and by doctor', limits, async t => {
  for (const [name, prepare, said] of refusals) {
    await t.test(name, async t => {
      const scene = await openScene(t)
      const url = await prepare(scene) ?? scene.url
      t.teardown(() => scene.query(`DROP DATABASE IF EXISTS ${scene.name}_latin`))
      t.teardown(() => scene.query(`DROP DATABASE IF EXISTS ${scene.name}_ascii`))
      const env = { ...serverEnv, LANGFLOW_DATABASE_URL: url }
      const [boot, doctor] = await Promise.all([runCli(t, ['run'], env), runCli(t, ['doctor'], env)])
      t.strictSame([boot.code, doctor.code], [1, 1])
      t.match(boot.stderr, said)
      t.match(doctor.stdout.replace(/ {2,}→ /g, ''), said)
      t.notMatch(boot.stderr, /\n\s+at /, 'no stack')
      t.strictSame(await scene.query("SELECT tablename FROM pg_tables WHERE tablename LIKE '%prisma%'"), [])
    })
  }
})

t.test('tables of another role are used if its privileges allow it, and rejected otherwise', limits, async t => {
  const scene = await openScene(t)
  const { query, role, url, name } = scene
  const owner = `${name}_owner`
  await query(`CREATE ROLE ${owner} LOGIN; GRANT CREATE ON SCHEMA public TO ${owner}`)
  t.teardown(() => query(`DROP OWNED BY ${owner} CASCADE; DROP ROLE ${owner}`))
  const own = await open(url.replace(role, owner))
  await migrate(own)
  await own.close()
  await t.rejects(open(url), {
    name: 'SetupError',
    message: new RegExp(`${role} may not read and write \\d+ of the tables, which belong to ${owner}[^]*GRANT SELECT`)
  })
  await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`)
  const database = await open(url)
  const { as } = await buildApp(t, { database: lent(database) })
  t.equal((await (await as('ada')).get('/users/whoami')).statusCode, 200)
  await query(`DELETE FROM _prisma_migrations
    WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations)`)
  await t.rejects(migrate(database), { name: 'SetupError', message: new RegExp(`only ${owner}, the owner of the tables`) })
  await query('ALTER TABLE users ENABLE ROW LEVEL SECURITY')
  await t.rejects(open(url), { message: /row-level security hides rows of users/ })
  await database.close()
})

t.test('a schema that would split the tables is rejected', limits, async t => {
  const { query, role, url } = await openScene(t)
  await query(`GRANT CREATE ON SCHEMA public TO ${role}`)
  const database = await open(url)
  await migrate(database)
  await database.close()
  await query(`CREATE SCHEMA ${role} AUTHORIZATION ${role}`)
  await t.rejects(open(url), {
    message: /the tables are in the schema public, and new ones would be created in \S+_role[^]*\?schema=public/
  })
  const again = await open(`${url}?schema=public`)
  t.strictSame(await migrate(again), [])
  await again.close()
})

t.test('a standby and an outdated server are rejected', limits, async t => {
  const primary = await startPostgres({ settings: { wal_level: 'replica', max_wal_senders: '3' } })
  if (!primary) throw new Error('PostgreSQL is not installed')
  t.teardown(primary.stop)
  const standby = await startPostgres({ standbyOf: primary.port })
  if (!standby) throw new Error('PostgreSQL is not installed')
  t.teardown(standby.stop)
  const env = { ...serverEnv, LANGFLOW_DATABASE_URL: standby.url }
  const [boot, doctor] = [await runCli(t, ['run'], env), await runCli(t, ['doctor'], env)]
  t.strictSame([boot.code, doctor.code], [1, 1])
  t.match(boot.stderr, /the server is a read-only standby\n.*to the primary/)
  t.match(doctor.stdout, /FAIL +database +the server is a read-only standby/)

  const { facts, close } = await open(primary.url)
  await close()
  t.strictSame(factProblems(facts), [])
  t.match(factProblems({ ...facts, version: 12, transactionMs: 500 }).map(({ problem }) => problem),
    [/PostgreSQL 12 is too old/, /transaction_timeout is 500 ms/])
})
