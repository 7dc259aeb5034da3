import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { PASSWORD } from '../helpers/app.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, refreshCookie, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

/** Longer than the service waits for a statement, and shorter than PostgreSQL would run it without a limit. */
const HELD_MS = 4000
const limits = { ...needsPostgres, timeout: 60_000 }

/** A server whose database the test can block. */
async function openScene (t: Test) {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const { url } = await startServer(t, { env: { LANGFLOW_DATABASE_URL: database } })
  await send(url, '/users/', { method: 'POST', body: { username: 'ada', password: PASSWORD } })
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  t.teardown(() => client.end())
  /** Locks the rows of a table during a request. */
  async function whileHeld<T> (sql: string, ask: () => Promise<T>): Promise<T> {
    await client.query(`BEGIN; ${sql}`)
    const [answer] = await Promise.all([ask(), sleep(HELD_MS).then(() => client.query('COMMIT'))])
    await sleep(500) // an abandoned statement could commit now
    return answer
  }
  const rows = async <Row>(sql: string) => (await client.query(sql)).rows as Row[]
  return { url, whileHeld, rows }
}

t.test('a refresh that returned 503 has no effect: the same token still works', limits, async t => {
  const { url, whileHeld } = await openScene(t)
  const { refresh_token: token } = await signIn(url, 'ada')
  const refresh = () => send(url, '/refresh', { method: 'POST', headers: refreshCookie(token) })
  const answer = await whileHeld('SELECT * FROM sessions FOR UPDATE', refresh)
  t.equal(answer.status, 503)
  await sleep(11_000 - HELD_MS) // after the grace period, a second use counts as theft
  t.equal((await refresh()).status, 200)
})

t.test('a sign-in and a new API key that returned 503 leave no rows', limits, async t => {
  const { url, whileHeld, rows } = await openScene(t)
  const headers = bearer(await signIn(url, 'ada'))
  const counts = () => rows(`SELECT (SELECT count(*) FROM sessions) AS sessions,
      (SELECT count(*) FROM api_keys) AS keys, (SELECT max(api_key_count) FROM users) AS counted,
      (SELECT count(*) FROM failure_counts WHERE pending > 0) AS pending`)
  const before = await counts()
  const lock = 'SELECT * FROM users FOR UPDATE'
  const form = new URLSearchParams({ username: 'ada', password: PASSWORD })
  const login = await whileHeld(lock, () => fetch(`${url}/api/v1/login`, { method: 'POST', body: form }))
  t.equal(login.status, 503)
  const key = await whileHeld(lock, () => send(url, '/api_key/', { method: 'POST', body: {}, headers }))
  t.equal(key.status, 503)
  t.strictSame(await counts(), before)
  const again = await send(url, '/api_key/', { method: 'POST', body: {}, headers })
  t.equal(again.status, 200, 'and it works when sent again')
})

t.test('ten uses of a key are counted as ten even if their write is delayed', limits, async t => {
  const { url, whileHeld, rows } = await openScene(t)
  const headers = bearer(await signIn(url, 'ada'))
  const { json: { api_key: key } } = await send(url, '/api_key/', { method: 'POST', body: {}, headers })
  await whileHeld('LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE', async () => {
    for (let n = 0; n < 10; n++) {
      t.equal((await send(url, '/users/whoami', { headers: { 'x-api-key': key } })).status, 200)
    }
    await sleep(2500)
  })
  const used = async () => (await rows<{ total_uses: string }>('SELECT total_uses FROM api_keys'))[0]?.total_uses
  for (const until = Date.now() + 10_000; await used() === '0' && Date.now() < until;) await sleep(200)
  t.equal(await used(), '10')
  await sleep(2500)
  t.equal(await used(), '10', 'and stay ten')
})
