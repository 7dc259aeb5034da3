import { setTimeout as sleep } from 'node:timers/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { openDb } from '../../src/db.ts'
import { requestLimits } from '../../src/plugins/http/server-options.ts'
import { buildApp } from '../helpers/app.ts'
import { needsPostgres, openPostgres, postgresUrl } from '../helpers/database.ts'
import { rawRequest, sendRaw } from '../helpers/raw.ts'

const onPostgres = { timeout: 60_000, ...needsPostgres }

async function listening (t: Test) {
  const { app } = await buildApp(t, {
    // A route that responds after a number of milliseconds.
    prepare: app => app.get('/slow/:ms', { config: { requires: 'nothing' } }, async ({ params }) => {
      await sleep(Number((params as { ms: string }).ms), undefined, { ref: false })
      return 'done'
    })
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo // a TCP server has an AddressInfo
  return `http://127.0.0.1:${port}`
}

t.test('request target, header names and header values together are limited to 16 KiB', async t => {
  const url = await listening(t)
  const status = async (bytes: number, path: string) => {
    const headers = { host: 'x', connection: 'close', 'x-long': '' }
    const rest = path.length + Object.entries(headers).flat().join('').length
    return (await sendRaw(url, [rawRequest(`GET ${path}`, { ...headers, 'x-long': 'v'.repeat(bytes - rest) })])).status
  }
  for (const path of ['/health', `/health?${'q'.repeat(9000)}`]) {
    t.equal(await status(requestLimits.headersBytesMax - 1, path), 200)
    t.equal(await status(requestLimits.headersBytesMax, path), 431)
  }
})

/** Sends a request at one byte per second; its last byte is sent after the given number of milliseconds. */
async function * lasting (text: string, ms: number, from: number) {
  yield text.slice(0, from)
  const end = Date.now() + ms
  let sent = from
  while (end - Date.now() > 1000 && sent < text.length - 1) {
    await sleep(1000)
    yield text.slice(sent, ++sent)
  }
  await sleep(Math.max(0, end - Date.now()))
  yield text.slice(sent)
}

const { headersTimeoutMs, requestTimeoutMs, connectionTimeoutMs, checkEveryMs } = requestLimits

t.test('headers, bodies and idle connections time out', {
  timeout: 120_000
}, async t => {
  const url = await listening(t)
  const headers = rawRequest('GET /health', { connection: 'close', 'x-slow': 'x'.repeat(20) })
  const text = JSON.stringify({ more: 'x'.repeat(40) })
  const body = rawRequest('POST /api/v1/logout', {
    'content-type': 'application/json', 'content-length': String(text.length), connection: 'close'
  }, text)
  const send = async (whole: string, ms: number, from: number) =>
    (await sendRaw(url, lasting(whole, ms, from), { ms: ms + 10_000 })).status
  const answerAfter = async (ms: number) =>
    (await sendRaw(url, [rawRequest(`GET /slow/${ms}`, { connection: 'close' })], { ms: ms + 10_000 })).status
  const [inTime, late, whole, cut, answered, closed] = await Promise.all([
    send(headers, headersTimeoutMs - 500, 40), send(headers, headersTimeoutMs + checkEveryMs + 500, 40),
    send(body, requestTimeoutMs - 500, body.length - text.length),
    send(body, requestTimeoutMs + checkEveryMs + 500, body.length - text.length),
    answerAfter(connectionTimeoutMs - 1500), answerAfter(connectionTimeoutMs + 1500)
  ])
  t.strictSame([inTime, late], [200, 408], 'headers')
  t.strictSame([whole, cut], [200, 408], 'the whole request')
  t.strictSame([answered, closed], [200, NaN], 'an idle connection')
})

t.test('statements time out after 10 seconds, those of the request path after 2.5', onPostgres, async t => {
  const { database: { client, run, close } } = await openPostgres()
  t.teardown(close)
  const wait = { name: 'wait', text: 'SELECT 1 FROM pg_sleep($1::float8)' }
  await t.resolves(run(wait, [2]))
  await t.rejects(run(wait, [2.9]), { code: '57014' })
  await t.resolves(client.$queryRaw`SELECT 1 FROM pg_sleep(9.5)`)
  await t.rejects(client.$queryRaw`SELECT 1 FROM pg_sleep(10.5)`)
})

/** The database server behind a proxy that delays each connection. @returns its URL */
async function slowPostgres (t: Test, ms: number) {
  const url = new URL(postgresUrl ?? '')
  const { hostname: host, port } = url
  const proxy = createServer(async client => {
    client.on('error', () => {}).pause()
    await sleep(ms)
    const server = connect({ host, port: Number(port) })
    server.on('error', () => {})
    client.pipe(server).pipe(client)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as AddressInfo).port) // a TCP server has an AddressInfo
  return url.href
}

t.test('connecting to the database times out after 3 seconds', onPostgres, async t => {
  const open = async (ms: number) => {
    const databaseUrl = await slowPostgres(t, ms)
    return openDb({ databaseUrl, configDir: '', databasePoolSize: 2, databaseConnectSeconds: 4 }, () => {})
  }
  const database = await open(2500)
  await database.close()
  await t.rejects(open(3500))
})
