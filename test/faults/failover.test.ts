import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { PASSWORD } from '../helpers/app.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

const limits = { ...needsPostgres, timeout: 240_000 }

t.test('read-only connections are replaced, including those of transactions', limits, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const name = new URL(database).pathname.slice(1)
  const { url, logs } = await startServer(t, { env: { LANGFLOW_DATABASE_URL: database } })
  const headers = bearer(await signIn(url))
  const change = (body: unknown) => send(url, '/users/', { method: 'POST', body, headers })
  let made = 0
  const create = () => change({ username: `user${++made}`, password: PASSWORD })
  // All connections of the pools are open before the failover.
  await Promise.all(Array.from({ length: 30 }, create))

  const admin = new pg.Client({ connectionString: database })
  await admin.connect()
  t.teardown(() => admin.end())
  // As on a former primary, open connections stay read-only, and new ones are not.
  await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`)
  const { rows } = await admin.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()', [name])
  t.ok(rows.length >= 4, `${rows.length} connections`)
  await admin.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF pg_backend_pid() = ANY('{${rows.map(({ pid }) => pid).join(',')}}'::int[]) THEN
      RAISE EXCEPTION 'cannot execute INSERT in a read-only transaction' USING ERRCODE = '25006';
    END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()`)
  const answers: number[] = []
  for (let tries = 0; tries < 40; tries++) {
    answers.push((await create()).status)
    await sleep(20)
  }
  t.strictSame([...new Set(answers)].sort(), [201, 503], 'never 500')
  t.ok(answers.filter(status => status === 503).length <= rows.length, 'each connection refuses once at most')
  t.strictSame(answers.slice(-10), Array(10).fill(201))
  const signIns = await Promise.all(Array.from({ length: 20 }, () =>
    fetch(`${url}/api/v1/login`, { method: 'POST', body: new URLSearchParams({ username: 'user1', password: PASSWORD }) })))
  t.ok(signIns.every(({ status }) => [200, 400, 503].includes(status)), signIns.map(({ status }) => status).join())
  t.notMatch(logs(), /internal_error/)
})

t.test('the service returns 503 for a missing table or privilege, and recovers', limits, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const name = new URL(database).pathname.slice(1)
  const admin = new pg.Client({ connectionString: database })
  await admin.connect()
  t.teardown(() => admin.end())
  await admin.query(`CREATE ROLE ${name}_app LOGIN; GRANT CREATE ON SCHEMA public TO ${name}_app`)
  t.teardown(() => admin.query(`ALTER DATABASE ${name} OWNER TO flowgate; REASSIGN OWNED BY ${name}_app TO flowgate;
    DROP OWNED BY ${name}_app; DROP ROLE ${name}_app`))
  const asApp = database.replace('//flowgate@', `//${name}_app@`)
  const { url } = await startServer(t, { env: { LANGFLOW_DATABASE_URL: asApp } })
  const headers = bearer(await signIn(url))
  await admin.query('ALTER TABLE sessions OWNER TO flowgate; ALTER TABLE api_keys OWNER TO flowgate')
  const cases: Array<[name: string, take: string, give: string]> = [
    ['a privilege', `REVOKE ALL ON sessions, api_keys FROM ${name}_app`, `GRANT ALL ON sessions, api_keys TO ${name}_app`],
    ['a table', 'ALTER TABLE sessions RENAME TO gone; ALTER TABLE api_keys RENAME TO gone_too',
      'ALTER TABLE gone RENAME TO sessions; ALTER TABLE gone_too RENAME TO api_keys'],
    ['the right to log in', `ALTER ROLE ${name}_app NOLOGIN;
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${name}_app'`, `ALTER ROLE ${name}_app LOGIN`]
  ]
  for (const [what, take, give] of cases) {
    await admin.query(take)
    await sleep(1100) // cached sessions are at most a second old
    const paths = ['/users/whoami', '/sessions', '/api_key/']
    const without = await Promise.all(paths.map(path => send(url, path, { headers })))
    t.ok(without.every(({ status }) => status === 503), `${what}: ${without.map(({ status }) => status).join()}`)
    await admin.query(give)
    await sleep(200)
    const again = await Promise.all(paths.map(path => send(url, path, { headers })))
    t.strictSame(again.map(({ status }) => status), [200, 200, 200], `${what} is back`)
  }
})
