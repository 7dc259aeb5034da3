import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import type { Env } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, refreshCookie, send, signIn } from '../helpers/http.ts'
import { type Server, startServer } from '../helpers/server.ts'

const HOUR = 3600
const limits = { timeout: 120_000, ...needsPostgres }

const preload = fileURLToPath(new URL('../helpers/shifted-clock.mjs', import.meta.url))

/** A server with a clock offset of `seconds`, which changes again on request. */
async function startOff (t: Test, { off = 0, step = 0, env = {} }: { off?: number, step?: number, env?: Env }) {
  const server = await startServer(t, {
    env: {
      ...env,
      NODE_OPTIONS: `--import=${preload}`,
      FLOWGATE_TEST_CLOCK_OFF: String(off),
      FLOWGATE_TEST_CLOCK_STEP: String(step)
    }
  })
  return { ...server, setClock: async () => { server.child.kill('SIGUSR2'); await sleep(200) } }
}

const whoami = async ({ url }: Pick<Server, 'url'>, tokens: { access_token: string }) =>
  (await send(url, '/users/whoami', { headers: bearer(tokens) })).status

const refresh = async ({ url }: Pick<Server, 'url'>, token: string) =>
  send(url, '/refresh', { method: 'POST', headers: refreshCookie(token) })

t.test('replicas whose clocks are an hour off agree with the others', limits, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: database, LANGFLOW_RATE_LIMIT_ENABLED: 'true' }
  const replicas = await Promise.all([0, HOUR, -HOUR].map(off => startOff(t, { off, env })))
  for (const [n, server] of replicas.entries()) {
    t.equal(server.logs().includes('differs from that of the database'), n > 0, 'whose clock is wrong says so')
    const tokens = await signIn(server.url)
    for (const other of replicas) t.equal(await whoami(other, tokens), 200, 'a token of one is good at every other')
    const next = replicas[(n + 1) % replicas.length] ?? server
    const renewed = await refresh(next, tokens.refresh_token)
    t.equal(renewed.status, 200)
    for (const other of replicas) t.equal(await whoami(other, renewed.json), 200)
    t.equal((await send(next.url, '/logout', { method: 'POST', headers: bearer(renewed.json) })).status, 200)
    await sleep(1100)
    for (const other of replicas) t.equal(await whoami(other, renewed.json), 401, 'and what one has ended is over')
    t.equal((await refresh(server, renewed.json.refresh_token)).status, 401)
  }
  const guess = async ({ url }: Server, n: number) => fetch(`${url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username: ADMIN.username, password: `guess ${n}` })
  })
  for (let n = 0; n < 5; n++) t.equal((await guess(replicas[n % 3] as Server, n)).status, 401) // there are three
  for (const replica of replicas) {
    const { status, headers } = await guess(replica, 9)
    t.equal(status, 429, 'failures are counted together')
    t.ok(Number(headers.get('retry-after')) <= 60, `for ${headers.get('retry-after')} s`)
  }
  for (const { logs } of replicas) t.notMatch(logs(), /"status":5\d\d/)
})

t.test('a clock that changes by two hours ends nothing too early and nothing too late', limits, async t => {
  for (const step of [2 * HOUR, -2 * HOUR]) {
    const { url: database, drop } = await createPostgres()
    t.teardown(drop)
    const env = { LANGFLOW_DATABASE_URL: database, LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: '10' }
    const server = await startOff(t, { step, env })
    const [tokens, began] = [await signIn(server.url), Date.now()]
    const { api_key: key } = (await send(server.url, '/api_key/', {
      method: 'POST', headers: bearer(tokens), body: { expires_at: new Date(Date.now() + 8000).toISOString() }
    })).json
    const byKey = async () => (await send(server.url, '/users/whoami', { headers: { 'x-api-key': key } })).status
    t.equal(await whoami(server, tokens), 200)
    await server.setClock()
    t.equal(await whoami(server, tokens), 200)
    t.equal(await byKey(), 200)
    const renewed = await refresh(server, tokens.refresh_token)
    t.equal(renewed.status, 200)
    t.equal(await whoami(server, renewed.json), 200)
    await sleep(Math.max(0, began + 11_000 - Date.now()))
    t.equal(await whoami(server, tokens), 401, `${step / HOUR} h: the access token ends with its ten seconds`)
    t.equal(await byKey(), 403, 'the key with its eight')
    t.equal((await refresh(server, renewed.json.refresh_token)).status, 200, 'the session goes on')
    t.notMatch(server.logs(), /"status":5\d\d/)
  }
})

t.test('on the embedded database, the local clock applies', { timeout: 120_000 }, async t => {
  const ahead = await startOff(t, { step: 2 * HOUR })
  const first = await signIn(ahead.url)
  await ahead.setClock()
  await whoami(ahead, first)
  await sleep(1100) // cache entries with a lifetime of a second have expired
  t.equal(await whoami(ahead, first), 401, 'two hours later an access token is over')
  const renewed = await refresh(ahead, first.refresh_token)
  t.equal(renewed.status, 200, 'and its session is not')
  t.equal(await whoami(ahead, renewed.json), 200)

  const back = await startOff(t, { step: -2 * HOUR })
  const future = await signIn(back.url)
  await back.setClock()
  await whoami(back, future)
  await sleep(1100) // cache entries with a lifetime of a second have expired
  t.equal(await whoami(back, future), 401, 'a token from the future is refused')
  t.equal(await whoami(back, await signIn(back.url)), 200, 'signing in again helps at once')
  for (const { logs } of [ahead, back]) t.notMatch(logs(), /"status":5\d\d/)
})
