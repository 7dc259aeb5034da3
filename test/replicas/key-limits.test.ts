import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

const LIMIT = 100
/** Requests of the open loop: many times what the key may use. */
const [TOTAL, PER_SECOND, TICK_MS] = [10_000, 1000, 20]

/** Servers on one database, and a key with a rate limit. */
async function start (t: Test, replicas: number, rate: { limit: number, window_seconds: number }) {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: database }
  const servers = []
  for (let n = 0; n < replicas; n++) servers.push(await startServer(t, { env }))
  const [first] = servers
  if (!first) throw new Error('no server')
  const boss = bearer(await signIn(first.url))
  const { json } = await send(first.url, '/api_key/', { method: 'POST', body: { rate_limit: rate }, headers: boss })
  return { servers, first, env, boss, key: json.api_key as string, id: json.id as string }
}

const whoami = (url: string, key: string) => send(url, '/users/whoami', { headers: { 'x-api-key': key } })

/** Sends requests at a fixed rate, whatever the responses take. @returns how many were accepted and refused */
async function flood (urls: string[], key: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 40 })
  const statuses = new Map<number, number>()
  const started = performance.now()
  const ask = (url: string) => new Promise<void>(resolve => {
    const count = (status: number) => { statuses.set(status, (statuses.get(status) ?? 0) + 1); resolve() }
    get(`${url}/api/v1/users/whoami`, { agent, headers: { 'x-api-key': key } }, response => {
      response.resume().on('end', () => count(response.statusCode ?? 0))
    }).on('error', () => count(0))
  })
  const answers: Array<Promise<void>> = []
  while (answers.length < TOTAL) {
    const due = Math.min(TOTAL, Math.ceil((performance.now() - started) * PER_SECOND / 1000))
    while (answers.length < due) answers.push(ask(urls[answers.length % urls.length] ?? ''))
    await sleep(TICK_MS)
  }
  await Promise.all(answers)
  agent.destroy()
  const [accepted = 0, refused = 0] = [statuses.get(200), statuses.get(429)]
  return { accepted, refused, seconds: (performance.now() - started) / 1000 }
}

/** The bound of src/services/credentials/rate-limits.ts, with a window of one second. */
const boundOf = (replicas: number, seconds: number) => LIMIT * (1 + seconds) + (replicas - 1) * LIMIT * 3

for (const replicas of [1, 2]) {
  t.test(`10,000 requests at 1000 per second to ${replicas} server(s): accepted as the documented bound says`, {
    timeout: 120_000, ...needsPostgres
  }, async t => {
    const { servers, key } = await start(t, replicas, { limit: LIMIT, window_seconds: 1 })
    const { accepted, refused, seconds } = await flood(servers.map(({ url }) => url), key)
    const bound = Math.floor(boundOf(replicas, seconds))
    t.comment(`measured: ${replicas} server(s): ${accepted} of ${TOTAL} requests accepted in ${seconds.toFixed(1)} s ` +
      `with ${LIMIT} per second; at most ${bound}`)
    t.equal(accepted + refused, TOTAL, 'every request is accepted or answered 429')
    t.ok(accepted <= bound, `${accepted} were accepted, ${bound} are permitted`)
    t.ok(accepted >= LIMIT * Math.floor(seconds) * 0.95, `the quota can be used: ${accepted} were accepted`)
  })
}

t.test('a key, the key that it was rotated into and keys it created have one limit over both servers', {
  timeout: 60_000, ...needsPostgres
}, async t => {
  const { servers: [one, other], boss, key, id } = await start(t, 2, { limit: 20, window_seconds: 3600 })
  if (!one || !other) throw new Error('no servers')
  const made = await send(one.url, '/api_key/', { method: 'POST', body: {}, headers: { 'x-api-key': key } })
  t.match(made.json, { rate_limit: { limit: 20, window_seconds: 3600 } })
  const rotated = await send(one.url, `/api_key/${id}/rotate`, { method: 'POST', body: {}, headers: boss })
  const keys: string[] = [key, made.json.api_key, rotated.json.api_key]
  const statuses = []
  // The key was created with one request.
  for (let n = 0; n < 20; n++) statuses.push((await whoami(one.url, keys[n % keys.length] ?? '')).status)
  t.strictSame(statuses, [...Array(19).fill(200), 429], 'exactly the limit on one server')
  await sleep(1500) // the server has stored what it counted
  t.equal((await whoami(other.url, key)).status, 200, 'the other server learns of it with its first request')
  await sleep(500)
  for (const each of keys) t.equal((await whoami(other.url, each)).status, 429)
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  t.test(`a restart after ${signal} resets a limit for no longer than an exchange`, {
    timeout: 60_000, ...needsPostgres
  }, async t => {
    const { first, env, key } = await start(t, 1, { limit: 50, window_seconds: 3600 })
    const statuses = []
    for (let n = 0; n < 51; n++) statuses.push((await whoami(first.url, key)).status)
    t.strictSame(statuses, [...Array(50).fill(200), 429])
    await sleep(signal === 'SIGKILL' ? 1500 : 0) // a crash loses what was counted since the last exchange
    await first.stop(signal)
    const { url } = await startServer(t, { env })
    t.equal((await whoami(url, key)).status, 200, 'the new process learns of the limit with its first request')
    await sleep(1000)
    t.equal((await whoami(url, key)).status, 429)
  })
}

t.test('responses state the limit, and a refusal says when to try again', {
  timeout: 60_000, ...needsPostgres
}, async t => {
  const { first: { url }, key } = await start(t, 1, { limit: 2, window_seconds: 60 })
  const accepted = await whoami(url, key)
  t.match([accepted.status, accepted.headers.get('ratelimit')], [200, '"api-key";r=1;t=30'])
  await whoami(url, key)
  const refused = await whoami(url, key)
  t.match(refused, { status: 429, json: { code: 'api_key_limit_reached' } })
  const wait = Number(refused.headers.get('retry-after'))
  t.ok(wait >= 28 && wait <= 30, `${wait}`)
  t.equal(refused.headers.get('ratelimit'), `"api-key";r=0;t=${wait}`)
  t.equal(refused.headers.get('ratelimit-policy'), '"api-key";q=2;w=60')
})
