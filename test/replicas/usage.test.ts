import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

async function twoReplicas (t: Test) {
  const { url: database, drop } = await createPostgres()
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  t.teardown(async () => { await client.end(); await drop() })
  const env = { LANGFLOW_DATABASE_URL: database }
  const servers = [await startServer(t, { env }), await startServer(t, { env })]
  const boss = bearer(await signIn(servers[0]?.url ?? ''))
  const made = await send(servers[0]?.url ?? '', '/api_key/', { method: 'POST', body: {}, headers: boss })
  const { api_key: key, id } = made.json
  const uses = async () => {
    const found = await client.query(
      'SELECT total_uses::int AS uses, last_used_at IS NOT NULL AS "isDated" FROM api_keys WHERE id = $1', [id])
    return found.rows[0]
  }
  return { client, servers, key, uses }
}

/** Sends `count` requests over `connections` loops to all servers. @returns the number of responses with status 200 */
async function use (urls: string[], key: string, count: number, connections: number): Promise<number> {
  let [left, good] = [count, 0]
  await Promise.all(Array.from({ length: connections }, async (_, i) => {
    while (left-- > 0) {
      const { status } = await send(urls[i % urls.length] ?? '', '/users/whoami', { headers: { 'x-api-key': key } })
      if (status === 200) good++
    }
  }))
  return good
}

t.test('ten thousand uses over two replicas are counted exactly after a clean stop', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { client, servers, key, uses } = await twoReplicas(t)
  t.equal(await use(servers.map(({ url }) => url), key, 10_000, 50), 10_000)
  t.strictSame(await Promise.all(servers.map(({ stop }) => stop())), [0, 0])
  t.equal((await uses()).uses, 10_000)
  await sleep(500) // statistics of backends that have ended
  const { rows } = await client.query(
    "SELECT n_tup_upd::int AS updates FROM pg_stat_user_tables WHERE relname = 'api_keys'")
  t.ok(rows[0].updates < 100, `${rows[0].updates} rows were updated for 10,000 uses`)
})

t.test('uses are visible within five seconds, and a crash loses only the uses since the last write', {
  timeout: 60_000, ...needsPostgres
}, async t => {
  const { servers, key, uses } = await twoReplicas(t)
  const [server] = servers
  if (!server) throw new Error('no server')
  await use([server.url], key, 100, 10)
  const since = Date.now()
  while ((await uses()).uses < 100 && Date.now() - since < 6000) await sleep(50)
  const seenMs = Date.now() - since
  t.ok(seenMs < 5000, `seen after ${seenMs} ms`)
  t.equal((await uses()).isDated, true)
  await use([server.url], key, 50, 10)
  await server.stop('SIGKILL')
  const { uses: kept } = await uses()
  t.ok(kept >= 100 && kept <= 150, `a crash right after 50 uses lost ${150 - kept}`)
})
