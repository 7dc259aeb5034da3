import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startPostgres } from '../../scripts/postgres.mjs'
import { needsPostgres } from '../helpers/database.ts'
import { bearer, refreshCookie, send, signIn } from '../helpers/http.ts'
import { movingPort } from '../helpers/moving-port.ts'
import { startServer } from '../helpers/server.ts'
import { startWriters } from '../helpers/writers.ts'

async function ownPostgres (t: Test) {
  const postgres = await startPostgres()
  if (!postgres) throw new Error('a server is there, and its programs are not')
  t.teardown(() => postgres.stop())
  return postgres
}

t.test('without its database, the server returns 503, loses nothing and recovers without a restart', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const postgres = await ownPostgres(t)
  const server = await startServer(t, { env: { LANGFLOW_DATABASE_URL: postgres.url } })
  const tokens = await signIn(server.url)
  const { api_key: key } = (await send(server.url, '/api_key/', {
    method: 'POST', body: {}, headers: bearer(tokens)
  })).json
  const whoami = (headers: Record<string, string>) => send(server.url, '/users/whoami', { headers })
  t.equal((await whoami(bearer(tokens))).status, 200)
  t.equal((await whoami({ 'x-api-key': key })).status, 200)

  postgres.run('stop', '-m', 'fast')
  const since = Date.now()
  const everybody: Array<Record<string, string>> = [bearer(tokens), { cookie: `access_token_lf=${tokens.access_token}` }, { 'x-api-key': key }]
  let unavailable: Awaited<ReturnType<typeof whoami>> | undefined
  while (!unavailable && Date.now() - since < 5000) {
    const answers = await Promise.all(everybody.map(whoami))
    t.ok(answers.every(({ status }) => [200, 503].includes(status)), 'remembered or unavailable, never a wrong refusal')
    if (answers.every(({ status }) => status === 503)) unavailable = answers[0]
    await sleep(50)
  }
  t.ok(Date.now() - since < 2000, `all of them were told so within ${Date.now() - since} ms`)
  t.match(unavailable?.json, { code: 'database_unavailable' })
  t.ok(Number(unavailable?.headers.get('retry-after')) > 0)
  t.equal((await send('', `${server.url}/health`)).status, 503)
  t.equal((await send('', `${server.url}/health_check`)).status, 500)
  const login = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username: 'administrator', password: 'wrong' })
  })
  t.equal(login.status, 503, 'no false "bad credentials"')
  const refresh = await send(server.url, '/refresh', {
    method: 'POST', headers: refreshCookie(tokens.refresh_token)
  })
  t.equal(refresh.status, 503)

  postgres.run('start')
  const restarted = Date.now()
  while ((await whoami(bearer(tokens))).status !== 200 && Date.now() - restarted < 10_000) await sleep(50)
  t.ok(Date.now() - restarted < 5000, `back after ${Date.now() - restarted} ms`)
  for (const headers of everybody) t.equal((await whoami(headers)).status, 200)
  await sleep(1000)
  t.equal((await send('', `${server.url}/health`)).status, 200, 'one look serves a second')
  t.equal(server.child.exitCode, null)
  t.equal(await server.stop(), 0)
})

t.test('an unresponsive database fails requests in time', { timeout: 120_000, ...needsPostgres }, async t => {
  const postgres = await ownPostgres(t)
  const server = await startServer(t, { env: { LANGFLOW_DATABASE_URL: postgres.url } })
  const tokens = await signIn(server.url)
  await sleep(1100)
  postgres.pause()
  const since = Date.now()
  const answer = await send(server.url, '/users/whoami', { headers: bearer(tokens) })
  t.equal(answer.status, 503)
  t.ok(Date.now() - since < 5000, `after ${Date.now() - since} ms`)
  postgres.resume()
  const resumed = Date.now()
  while ((await send(server.url, '/users/whoami', { headers: bearer(tokens) })).status !== 200) await sleep(50)
  t.ok(Date.now() - resumed < 5000, `back after ${Date.now() - resumed} ms`)
})

t.test('half-open connections result in responses within the time limit and are replaced', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const postgres = await ownPostgres(t)
  const { port, freeze } = await movingPort(t, postgres.port)
  const server = await startServer(t, {
    env: { LANGFLOW_DATABASE_URL: `postgresql://flowgate@127.0.0.1:${port}/postgres`, LANGFLOW_DATABASE_POOL_SIZE: '4' }
  })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 100_000 })
  await writers.reached(200)
  freeze()
  const [frozen, before] = [Date.now(), writers.acknowledged.length]
  await sleep(1100)
  const since = Date.now()
  t.match((await send(server.url, '/users/whoami', { headers })).status, /^(200|503)$/)
  t.ok(Date.now() - since < 5000, `a read is answered after ${Date.now() - since} ms`)
  await writers.reached(before + 100)
  t.ok(Date.now() - frozen < 20_000, `writes go on ${Date.now() - frozen} ms after`)
  const { slowestMs, unexplained } = await writers.stop()
  t.ok(slowestMs < 15_000, `the slowest answer after ${slowestMs} ms`)
  t.equal(unexplained, 0)
  t.strictSame(Object.keys(writers.statuses).filter(status => !['200', '503'].includes(status)), [],
    JSON.stringify(writers.statuses))
  t.equal(await server.stop(), 0)
})
