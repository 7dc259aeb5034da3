import pg from 'pg'
import t from 'tap'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

/** Makes writes of a variable conflict with another transaction, up to a number of attempts. */
const conflicts = (code: string, times: number) => `
  DROP SEQUENCE IF EXISTS attempts;
  CREATE SEQUENCE attempts;
  CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF nextval('attempts') <= ${times} THEN RAISE EXCEPTION 'somebody else was first' USING ERRCODE = '${code}'; END IF;
    RETURN NEW;
  END $$;
  CREATE OR REPLACE TRIGGER lose BEFORE INSERT ON variables FOR EACH ROW EXECUTE FUNCTION lose()`

t.test('deadlocks and serialization failures are retried a limited number of times', {
  timeout: 60_000, ...needsPostgres
}, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const server = await startServer(t, { env: { LANGFLOW_DATABASE_URL: url } })
  const headers = bearer(await signIn(server.url))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  const write = (name: string) =>
    send(server.url, '/variables/', { method: 'POST', body: { name, value: 'x', default_fields: [] }, headers })
  for (const code of ['40001', '40P01']) {
    await client.query(conflicts(code, 2))
    t.equal((await write(`lost twice to ${code}`)).status, 201)
    await client.query(conflicts(code, 1e6))
    const since = Date.now()
    const refused = await write('lost always')
    t.equal(refused.status, 503)
    t.match(refused.json, { code: 'database_unavailable' })
    t.ok(Number(refused.headers.get('retry-after')) > 0)
    t.ok(Date.now() - since < 2000, `after ${Date.now() - since} ms`)
  }
  await client.query('DROP TRIGGER lose ON variables')
  const { json } = await send(server.url, '/variables/', { headers })
  const names = json.map(({ name }: { name: string }) => name).sort()
  t.strictSame(names, ['lost twice to 40001', 'lost twice to 40P01'],
    'each of those that were answered is there once')
})
