import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { launchServer, startServer } from '../helpers/server.ts'

const FAILING = '20261127061923_kept_promises'
/** Reverts the database to the state before the migration, whose first statements add columns. */
const takeBack = `DROP FUNCTION require_before;
  DROP TABLE usage_writers, installation, signing_keys, api_key_uses, rate_counters;
  DROP INDEX sessions_user_id_created_at_idx, api_keys_created_at_id_idx, api_keys_expires_at_id_idx;
  ALTER TABLE users DROP COLUMN credentials_version, DROP COLUMN approved_at, DROP COLUMN is_service;
  ALTER TABLE sessions DROP COLUMN credentials_version;
  ALTER TABLE failure_counts DROP COLUMN pending, DROP COLUMN pending_until;
  ALTER TABLE api_keys DROP COLUMN made_by_id, DROP COLUMN scopes, DROP COLUMN allowed_networks,
    DROP COLUMN rate_limit, DROP COLUMN rate_window_seconds, DROP COLUMN rate_counter_id, DROP COLUMN replaced_by_id,
    DROP CONSTRAINT api_keys_expires_at_range,
    DROP CONSTRAINT api_keys_total_uses_range;
  DELETE FROM _prisma_migrations WHERE migration_name >= '${FAILING}'`
/** Makes the next statement of the migration fail. */
const inTheWay = 'CREATE TABLE usage_writers (something_else int)'
const madeHalf = "SELECT 1 FROM information_schema.columns WHERE column_name = 'made_by_id'"

type Run = (sql: string) => Promise<unknown[]>
type WithDatabase = <T>(work: (run: Run) => Promise<T>) => Promise<T>

/** The migration fails twice, the cause is corrected, and it succeeds. */
async function failAndMend (t: Test, env: Record<string, string>, withDatabase: WithDatabase) {
  const first = await startServer(t, { env })
  const user = { username: 'ada', password: 'a long pass phrase' }
  const headers = bearer(await signIn(first.url))
  t.equal((await send(first.url, '/users/', { method: 'POST', body: user, headers })).status, 201)
  t.equal(await first.stop(), 0)
  await withDatabase(async run => { await run(takeBack); await run(inTheWay) })
  for (const time of ['at first', 'and again']) {
    const since = Date.now()
    const refused = launchServer(t, { env })
    t.equal(await refused.exit, 1, `refused ${time}`)
    t.ok(Date.now() - since < 9000, `the process ends after ${Date.now() - since} ms`)
    t.match(refused.logs(),
      /database: a migration failed and was rolled back: relation "usage_writers" already exists\n +Correct/)
    t.strictSame(await withDatabase(run => run(madeHalf)), [], 'nothing is half-made')
  }
  await withDatabase(run => run('DROP TABLE usage_writers'))
  const mended = await startServer(t, { env })
  t.equal((await fetch(`${mended.url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username: 'ada', password: 'a long pass phrase' })
  })).status, 200, 'mended it boots, and everybody is there')
  t.equal(await mended.stop(), 0)
}

async function connected<T> (url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return work(client).finally(() => client.end())
}

t.test('a migration that fails halfway is rolled back and reported, and continues after the cause is corrected', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  await failAndMend(t, { LANGFLOW_DATABASE_URL: url }, work =>
    connected(url, client => work(async sql => (await client.query(sql)).rows ?? [])))
})

t.test('a failed migration of the embedded database is rolled back and reported', { timeout: 120_000 }, async t => {
  const folder = join(temporaryFolder(t), 'home')
  await failAndMend(t, { LANGFLOW_CONFIG_DIR: folder }, async work => {
    const pglite = await PGlite.create(join(folder, 'database'))
    return work(async sql => (await pglite.exec(sql)).at(-1)?.rows ?? []).finally(() => pglite.close())
  })
})

t.test('a process killed during a migration does not block the next one', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: url }
  await (await startServer(t, { env })).stop()
  await connected(url, async holder => {
    await holder.query(takeBack)
    await holder.query('BEGIN; LOCK TABLE users IN ACCESS SHARE MODE')
    const killed = launchServer(t, { env })
    for (let waited = 0; waited < 20_000; waited += 50) {
      const { rows } = await holder.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass")
      if (rows.length > 0) break
      await sleep(50)
    }
    await killed.stop('SIGKILL')
    await holder.query('ROLLBACK')
  })
  const servers = [launchServer(t, { env }), launchServer(t, { env })]
  for (const { ready } of servers) t.equal((await fetch(`${await ready}/health`)).status, 200)
  await connected(url, async client => t.equal((await client.query(madeHalf)).rows.length, 1))
  for (const { stop } of servers) t.equal(await stop(), 0)
})

t.test('a database of another application is not changed', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  await connected(url, client => client.query('CREATE TABLE users (theirs int)'))
  const refused = launchServer(t, { env: { LANGFLOW_DATABASE_URL: url } })
  t.equal(await refused.exit, 1)
  t.match(refused.logs(), /LANGFLOW_DATABASE_URL: the database contains tables of another application/)
})

t.test('a schema newer than the program is not changed', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: url }
  await (await startServer(t, { env })).stop()
  await connected(url, client => client.query(`INSERT INTO _prisma_migrations
    (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_from_the_future', now())`))
  const refused = launchServer(t, { env })
  t.equal(await refused.exit, 1)
  t.match(refused.logs(), /newer than this version of Flowgate \(29990101000000_from_the_future\)\n +Start the newer/)
})
