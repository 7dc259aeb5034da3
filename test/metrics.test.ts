import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Database } from '../src/db.ts'
import { ADMIN, buildApp, PASSWORD } from './helpers/app.ts'
import { runCli, temporaryFolder } from './helpers/cli.ts'
import { openMemory } from './helpers/database.ts'
import { rawRequest, sendRaw } from './helpers/raw.ts'
import { serverEnv } from './helpers/server.ts'

/** The app on a port, with metrics, and a tally of the codes it answers. */
async function counted (t: Test, { env = {}, database }: { env?: Record<string, string>, database?: Database } = {}) {
  const built = await buildApp(t, {
    env: { LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_PROMETHEUS_PORT: '0', ...env },
    ...(database ? { database } : {}),
    prepare: app => {
      app.get('/broken', { config: { requires: 'nothing' }, schema: { hide: true } },
        async () => { throw new Error('a bug') })
      app.get('/odd-answer', { config: { requires: 'nothing' }, schema: { hide: true } },
        async () => ({ toJSON () { throw new Error('no JSON') } }))
    }
  })
  await built.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(built.app.server.address() as AddressInfo).port}` // it listens on TCP
  const metricsUrl = /"metrics":"([^"]+)"/.exec(built.logs.join(''))?.[1] ?? ''
  const answered: Record<string, number> = {}
  const add = (code: string) => { answered[code] = (answered[code] ?? 0) + 1 }

  /** Sends a request. @returns its status; the code of a failure is added to the tally */
  async function ask (path: string, init: RequestInit = {}) {
    const response = await fetch(`${url}${path}`, init)
    const text = await response.text()
    if (!response.ok) add(JSON.parse(text).code)
    return response.status
  }
  const login = (password: string, username = ADMIN.username) =>
    ask('/api/v1/login', { method: 'POST', body: new URLSearchParams({ username, password }) })
  const raw = async (text: string) => {
    const { status, body } = await sendRaw(url, [text])
    add(JSON.parse(body).code)
    return status
  }
  /** What the metrics say, by code. */
  const failures = async () => {
    await sleep(50) // a request is counted once its answer has been written
    const text = await (await fetch(metricsUrl)).text()
    return Object.fromEntries([...text.matchAll(/^flowgate_failures_total\{code="(\w+)"\} (\d+)$/gm)]
      .map(([, code = '', count]) => [code, Number(count)]))
  }
  return { ...built, ask, login, raw, failures, answered }
}

const json = (body: unknown) => ({
  method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' }
})

t.test('each failure is counted once, with the code of its response', async t => {
  const { ask, login, raw, failures, answered } = await counted(t, { env: { LANGFLOW_RATE_LIMIT_ENABLED: 'true' } })
  t.strictSame(await failures(), {}, 'nothing has failed')
  t.equal(await login(ADMIN.password), 200)
  for (let n = 0; n < 5; n++) t.equal(await login(`wrong ${n}`), 401)
  for (let n = 0; n < 3; n++) t.equal(await login(`wrong ${n}`), 429)
  t.equal(await ask('/api/v1/users/whoami'), 403)
  t.equal(await ask('/api/v1/users/whoami', { headers: { authorization: 'Bearer x' } }), 401)
  t.equal(await ask('/nowhere'), 404)
  t.equal(await ask('/api/v1/login'), 405)
  t.equal(await ask('/api/v1/users/', json({ username: 'x'.repeat(1024 * 1024), password: PASSWORD })), 413)
  t.equal(await ask('/api/v1/users/', { method: 'POST', body: 'text' }), 415)
  t.equal(await ask('/api/v1/users/', json({ username: 'ada', password: 'short' })), 422)
  t.equal(await ask('/api/v1/users/', { ...json({}), body: '{' }), 422)
  t.equal(await ask('/broken'), 500)
  t.equal(await ask('/odd-answer'), 500)
  // What meets no hook, or is no request at all.
  t.equal(await ask('/api/v1/users/%ff'), 400)
  t.equal(await ask(`/api/v1/users/${'x'.repeat(300)}`), 414)
  t.equal(await raw(rawRequest('GET /health', { cookie: 'x'.repeat(64 * 1024) })), 431)
  t.equal(await raw('\x16\x03\x01 hello\r\n\r\n'), 400)
  t.strictSame(await failures(), answered)
  t.match(answered, { wrong_password: 5, too_many_requests: 3, internal_error: 2, malformed_request: 2 })
})

t.test('a full hashing queue is counted', async t => {
  const { login, failures, answered } = await counted(t, { env: { LANGFLOW_PASSWORD_QUEUE_MAX: '1' } })
  const statuses = await Promise.all(Array.from({ length: 12 }, (_, n) => login('wrong', `user ${n}`)))
  t.ok(statuses.includes(503), statuses.join(' '))
  t.strictSame(await failures(), answered)
  t.ok((answered['service_busy'] ?? 0) > 0)
})

t.test('an unavailable database is counted', async t => {
  const opened = await openMemory()
  let closing: Promise<void> | undefined
  const database = { ...opened, close: () => (closing ??= opened.close()) }
  const { ask, login, failures, answered } = await counted(t, { database })
  await database.close()
  t.equal(await ask('/readyz'), 503)
  t.equal(await ask('/health_check'), 500)
  t.equal(await login(ADMIN.password), 503)
  t.strictSame(await failures(), answered)
  t.match(answered, { database_unavailable: 2 })
})

t.test('an unusable address of the metrics is reported with its settings', { timeout: 60_000 }, async t => {
  const other = createServer()
  await new Promise<void>(resolve => { other.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => other.close())
  const port = String((other.address() as AddressInfo).port) // it listens on TCP
  const run = (env: Record<string, string>) => runCli(t, ['run'], {
    ...serverEnv, LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_CONFIG_DIR: home, ...env
  })
  const home = join(temporaryFolder(t), 'home')
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ LANGFLOW_PROMETHEUS_PORT: port }, new RegExp(`LANGFLOW_PROMETHEUS_PORT: port ${port} on .* is already in use`)],
    [{ LANGFLOW_PROMETHEUS_PORT: '0', LANGFLOW_PROMETHEUS_HOST: '192.0.2.1' }, /LANGFLOW_PROMETHEUS_HOST: .*EADDRNOTAVAIL/]
  ]
  for (const [env, message] of cases) {
    const { code, stderr } = await run(env)
    t.equal(code, 1)
    t.match(stderr, message)
    t.notMatch(stderr, /--port/)
  }
  const api = await run({ LANGFLOW_PROMETHEUS_PORT: '0', LANGFLOW_PORT: port })
  t.equal(api.code, 1)
  t.match(api.stderr, /LANGFLOW_PORT: port \d+ on .* is already in use/, 'the port of the API is another one')
  t.notOk(existsSync(join(home, 'database.lock')), 'and the database was closed')
})
