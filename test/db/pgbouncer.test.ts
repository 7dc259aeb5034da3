import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { freePort, startPostgres } from '../../scripts/postgres.mjs'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, refreshCookie, send, signIn } from '../helpers/http.ts'
import { needsPgBouncer, startPgBouncer } from '../helpers/pgbouncer.ts'
import { launchServer, serverEnv, type ServerOptions, startServer } from '../helpers/server.ts'

const limits = { ...needsPostgres, ...needsPgBouncer, timeout: 240_000 }

/** The view shows the locks of all databases, and other tests run at the same time. */
const advisoryLocks = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** A database whose role has a statement_timeout, as transaction pooling requires; `query` connects to it directly. */
async function openDatabase (t: Test, statementTimeout = '10s') {
  const { url, drop } = await createPostgres({ defaults: { statement_timeout: statementTimeout } })
  t.teardown(drop)
  const query = async <Row extends pg.QueryResultRow>(sql: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return client.query<Row>(sql).then(({ rows }) => rows).finally(() => client.end())
  }
  return { url, query }
}

const run = (t: Test, url: string, options: ServerOptions = {}) =>
  startServer(t, { ...options, env: { LANGFLOW_DATABASE_URL: url, ...options.env } })

/** Uses every path to the database, some of them concurrently. */
async function exercise (t: Test, url: string) {
  const admin = bearer(await signIn(url))
  const name = `user${Math.random().toString(36).slice(2, 10)}`
  const body = { username: name, password: PASSWORD }
  const made = await send(url, '/users/', { method: 'POST', body, headers: admin })
  t.equal(made.status, 201, 'an account is created (transaction through Prisma)')
  const signedIn = await Promise.all(Array.from({ length: 12 }, () => signIn(url, name)))
  const [first] = signedIn
  if (!first) throw new Error('nobody signed in')
  t.equal(new Set(signedIn.map(({ access_token: token }) => token)).size, 12, 'twelve sign-ins at once')
  const refreshed = await send(url, '/refresh', { method: 'POST', headers: refreshCookie(first.refresh_token) })
  t.equal(refreshed.status, 200, 'a refresh (named statement where names hold)')
  const headers = bearer(first)
  const { json: { api_key: key } } = await send(url, '/api_key/', { method: 'POST', body: {}, headers })
  const asks = await Promise.all(Array.from({ length: 40 }, (_, index) =>
    send(url, '/users/whoami', { headers: index % 2 ? { 'x-api-key': key } : headers })))
  t.strictSame([...new Set(asks.map(({ status }) => status))], [200])
  const content = { name: 'one', data: { nodes: [], edges: [] } }
  const flow = await send(url, '/flows/', { method: 'POST', body: content, headers })
  t.equal(flow.status, 201)
  t.equal((await send(url, `/users/?search=${name}`, { headers: admin })).status, 200)
  t.equal((await send(url, '/sessions', { method: 'DELETE', headers })).status, 200)
}

t.test('session pooling, the default of PgBouncer, is detected and used', limits, async t => {
  const { url: database } = await openDatabase(t)
  const { url: pooled } = await startPgBouncer(t, database)
  for (const time of ['first', 'second']) {
    const { url, stop, logs } = await run(t, pooled)
    t.match(logs(), /through a pooler \(session mode\)/, `${time} start`)
    await exercise(t, url)
    t.equal(await stop(), 0)
    t.notMatch(logs(), /already exists|42P05|"level":50/)
  }
})

t.test('session pooling keeps every limit and setting, ignored in the start-up packet or not', limits, async t => {
  const { url: database, query } = await openDatabase(t)
  await query('ALTER ROLE CURRENT_USER IN DATABASE ' + new URL(database).pathname.slice(1) +
    " SET default_transaction_isolation = 'serializable'")
  const ignored = 'statement_timeout,idle_in_transaction_session_timeout,lock_timeout,transform_null_equals,' +
    'default_transaction_isolation,default_transaction_deferrable,array_nulls'
  for (const ignoredParameters of ['extra_float_digits', ignored]) {
    const { url: pooled } = await startPgBouncer(t, database, { ignore_startup_parameters: ignoredParameters })
    const { url, stop, logs } = await run(t, pooled)
    t.match(logs(), /session mode/)
    await exercise(t, url)
    t.equal(await stop(), 0)
  }
})

t.test('transaction pooling is detected and supports replicas, restarts and migrations', limits, async t => {
  const { url: database, query } = await openDatabase(t)
  const cases: Array<[string, Record<string, string | number>, string]> = [
    ['found', { pool_mode: 'transaction', default_pool_size: 3 }, ''],
    ['found although the parameters are ignored', {
      pool_mode: 'transaction', ignore_startup_parameters: 'statement_timeout,idle_in_transaction_session_timeout,' +
        'lock_timeout,transform_null_equals,default_transaction_isolation,default_transaction_deferrable,array_nulls'
    }, ''],
    ['named in the URL', { pool_mode: 'transaction' }, '?pgbouncer=true']
  ]
  for (const [name, settings, suffix] of cases) {
    const { url: pooled } = await startPgBouncer(t, database, settings)
    const replicas = await Promise.all([run(t, pooled + suffix), run(t, pooled + suffix)])
    for (const { url, logs } of replicas) {
      t.match(logs(), /through a pooler \(transaction mode\)/, name)
      await exercise(t, url)
    }
    t.strictSame(await Promise.all(replicas.map(({ stop }) => stop())), [0, 0])
    for (const { logs } of replicas) t.notMatch(logs(), /already exists|42P05|26000|"level":50/)
    t.strictSame(await query(advisoryLocks), [], 'no lock is left behind')
  }
})

t.test('behind transaction pooling, the limit of the role cancels a statement for good', limits, async t => {
  const { url: database, query } = await openDatabase(t, '1s')
  const { url: pooled } = await startPgBouncer(t, database, { pool_mode: 'transaction' })
  const { url, stop } = await run(t, pooled)
  const headers = bearer(await signIn(url))
  const holder = new pg.Client({ connectionString: database, statement_timeout: 60_000 })
  await holder.connect()
  t.teardown(() => holder.end())
  const counts = () => query(`SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM api_keys) AS keys,
    (SELECT count(*) FROM variables) AS variables`)
  const before = await counts()
  await holder.query('BEGIN; SELECT * FROM users FOR UPDATE; LOCK TABLE variables IN EXCLUSIVE MODE')
  const form = new URLSearchParams({ username: ADMIN.username, password: ADMIN.password })
  const variable = { name: 'n', value: 'v', type: 'Generic', default_fields: [] }
  const answers = await Promise.all([
    fetch(`${url}/api/v1/login`, { method: 'POST', body: form }),
    send(url, '/api_key/', { method: 'POST', body: {}, headers }),
    send(url, '/variables/', { method: 'POST', body: variable, headers })
  ])
  t.strictSame(answers.map(({ status }) => status), [503, 503, 503])
  await holder.query('COMMIT')
  await sleep(1500) // an abandoned statement could commit now
  t.strictSame(await counts(), before)
  const again = await send(url, '/api_key/', { method: 'POST', body: {}, headers })
  t.equal(again.status, 200, 'and it works when repeated')
  t.equal(await stop(), 0)
})

t.test('a failed migration behind transaction pooling leaves no changes and no lock', limits, async t => {
  const { url: database, query } = await openDatabase(t)
  const { url: pooled } = await startPgBouncer(t, database, { pool_mode: 'transaction' })
  await query('CREATE SCHEMA later; CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ' +
    "IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%failure_counts') THEN " +
    "RAISE EXCEPTION 'no room for it'; END IF; END $$; " +
    'CREATE EVENT TRIGGER refuse ON ddl_command_end EXECUTE FUNCTION refuse()')
  const refused = launchServer(t, { env: { LANGFLOW_DATABASE_URL: pooled } })
  t.equal(await refused.exit, 1)
  t.match(refused.logs(), /a migration failed and was rolled back: no room for it/)
  t.strictSame(await query("SELECT relname FROM pg_class WHERE relname IN ('users', '_prisma_migrations')"), [])
  t.strictSame(await query(advisoryLocks), [])
  await query('DROP EVENT TRIGGER refuse')
  const { url, stop } = await run(t, pooled)
  await exercise(t, url)
  t.equal(await stop(), 0)
})

t.test('settings that transaction pooling does not support are rejected by the boot and by doctor', limits, async t => {
  const cases: Array<[RegExp, string, Record<string, string | number>, string]> = [
    [/has no statement_timeout.*could still take effect[^]*SET statement_timeout = '10s'/, '0', {}, ''],
    [/has a statement_timeout of 60000 ms/, '1min', {}, ''],
    [/their schema is public, not auth[^]*SET search_path = auth/, '10s', {}, '?schema=auth'],
    [/startup parameter: options[^]*docs\/postgresql.md/, '10s', {}, '?options=-csearch_path%3Dauth'],
    [/statement pooling|transaction blocks not allowed/i, '10s', { pool_mode: 'statement' }, '']
  ]
  for (const [said, limit, settings, suffix] of cases) {
    const { url: database, query } = await openDatabase(t, limit)
    await query('CREATE SCHEMA auth')
    const { url: pooled } = await startPgBouncer(t, database, { pool_mode: 'transaction', ...settings })
    const env = { ...serverEnv, LANGFLOW_DATABASE_URL: pooled + suffix }
    const since = Date.now()
    const [boot, doctor] = [await runCli(t, ['run'], env), await runCli(t, ['doctor'], env)]
    t.match([boot.code, doctor.code], [1, 1], String(said))
    t.match(boot.stderr, said)
    t.match(doctor.stdout, said)
    t.ok(Date.now() - since < 15_000, 'at once')
    t.notMatch(boot.stderr, /\n\s+at /, 'no stack')
    const tables = await query("SELECT relname FROM pg_class WHERE relname = '_prisma_migrations'")
    t.strictSame(tables, [], 'nothing is made')
  }
})

t.test('the boot waits for the server behind a pooler', limits, async t => {
  const port = await freePort()
  const direct = `postgresql://flowgate@127.0.0.1:${port}/postgres`
  const { url: pooled } = await startPgBouncer(t, direct, { server_login_retry: 1 }, { isServerUp: false })
  const env = { LANGFLOW_DATABASE_URL: pooled, LANGFLOW_DATABASE_CONNECT_SECONDS: '3' }
  const early = launchServer(t, { env })
  t.equal(await early.exit, 1)
  t.match(early.logs(), /\(08P01\)\n.*server behind the pooler|timed out/)
  const late = launchServer(t, { env: { ...env, LANGFLOW_DATABASE_CONNECT_SECONDS: '30' } })
  const server = await startPostgres({ port })
  if (!server) throw new Error('PostgreSQL is not installed')
  t.teardown(server.stop)
  t.ok(await late.ready)
  t.equal(await late.stop(), 0)
})

t.test('all unsupported defaults behind transaction pooling are reported together', limits, async t => {
  const { url: database, query } = await openDatabase(t)
  const { pathname } = new URL(database)
  const hostile = ["default_transaction_isolation = 'repeatable read'", 'array_nulls = off', 'lock_timeout = 5']
  for (const setting of hostile) {
    await query(`ALTER DATABASE ${pathname.slice(1)} SET ${setting}`)
  }
  const { url: pooled } = await startPgBouncer(t, database, { pool_mode: 'transaction' })
  const doctor = await runCli(t, ['doctor'], { ...serverEnv, LANGFLOW_DATABASE_URL: pooled })
  t.equal(doctor.code, 1)
  for (const name of ['default_transaction_isolation', 'array_nulls', 'lock_timeout']) {
    t.match(doctor.stdout, new RegExp(`the session's ${name} is .*\\n.*ALTER ROLE .* SET ${name}`))
  }
})
