import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ADMIN, buildApp } from './helpers/app.ts'
import { openMemory } from './helpers/database.ts'
import { launchServer, startServer } from './helpers/server.ts'
import { freePort } from '../scripts/postgres.mjs'

t.test('livez reports that the process responds, readyz that it accepts requests', async t => {
  const opened = await openMemory()
  let closing: Promise<void> | undefined
  const database = { ...opened, close: () => (closing ??= opened.close()) }
  const { app } = await buildApp(t, { database })
  t.match((await app.inject('/livez')).json(), { status: 'ok' })
  t.match((await app.inject('/readyz')).json(), { status: 'ok' })
  await sleep(1100) // one look at the database serves for a second
  await database.close()
  t.equal((await app.inject('/readyz')).statusCode, 503)
  t.equal((await app.inject('/livez')).statusCode, 200, 'a restart would not bring the database back')
})

const login = (url: string, password: string) => fetch(`${url}/api/v1/login`, {
  method: 'POST', body: new URLSearchParams({ username: ADMIN.username, password })
})

t.test('metrics are served on a separate port and labelled by route, never by path', async t => {
  const port = String(await freePort())
  const env = { LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_PROMETHEUS_PORT: port }
  const { url, stop, logs } = await startServer(t, { env })
  t.match(logs(), `http://127.0.0.1:${port}/metrics`)
  await login(url, 'wrong')
  await fetch(`${url}/api/v1/users/57a987a6-e52a-4e6c-9b08-e9710e43fbfd?search=private`)
  await fetch(`${url}/nowhere/at/all`)
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  t.match(response.headers.get('content-type'), /^text\/plain/)
  const text = await response.text()
  for (const line of [
    'http_request_duration_seconds_count{method="POST",route="/api/v1/login",status="401"} 1',
    'http_request_duration_seconds_count{method="GET",route="/api/v1/users/:user_id",status="403"} 1',
    'flowgate_failures_total{code="wrong_password"} 1', 'nodejs_eventloop_lag_seconds', 'process_resident_memory_bytes'
  ]) t.ok(text.includes(line), line)
  t.notMatch(text, /57a987a6|private|nowhere/, 'no label grows with what is asked')
  t.equal((await fetch(`${url}/metrics`)).headers.get('content-type')?.includes('text/plain') ?? false, false)
  t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404)

  const second = launchServer(t, { env })
  second.ready.catch(() => {})
  t.equal(await second.exit, 1, 'a port that is taken ends the boot')
  t.equal(await stop(), 0)
})

/** A collector that keeps what it is sent. */
async function collector (t: Test) {
  const spans: Array<Record<string, any>> = [] // OTLP in JSON
  let raw = ''
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => { body += chunk })
    request.on('end', () => {
      raw += body
      for (const resource of JSON.parse(body).resourceSpans) {
        for (const scope of resource.scopeSpans) {
          for (const span of scope.spans) spans.push({ ...span, resource: resource.resource })
        }
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, raw: () => raw }
}

t.test('traces are sent to the configured collector and contain no secrets', async t => {
  const { url: endpoint, spans, raw } = await collector(t)
  const { url, stop } = await startServer(t, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await login(url, ADMIN.password)
  await fetch(`${url}/api/v1/users/whoami?x-api-key=sk-private`, {
    headers: { 'x-api-key': 'sk-secret', traceparent: `00-${trace}-b7ad6b7169203331-01` }
  })
  t.equal(await stop(), 0, 'what is held back is sent at the end')
  const names = spans.map(({ name }) => name)
  t.ok(names.includes('POST /api/v1/login'), names.join(', '))
  t.ok(spans.some(({ traceId }) => traceId === trace), 'a trace that came with the request goes on')
  t.match(JSON.stringify(spans[0]?.['resource']), /"flowgate"/)
  for (const secret of [ADMIN.password, 'sk-secret', 'sk-private']) t.notOk(raw().includes(secret), secret)
})

t.test('logs are JSON with the request ID, or readable lines', async t => {
  const plain = await startServer(t)
  const refused = await fetch(`${plain.url}/api/v1/users/whoami`)
  const { request_id: id } = await refused.json() as { request_id: string } // every failure has one
  await plain.stop()
  const lines = plain.logs().trim().split('\n').map(line => JSON.parse(line))
  t.ok(lines.some(line => line.request_id === id && line.status === 403), 'every line is JSON')

  const pretty = launchServer(t, { env: { LANGFLOW_PRETTY_LOGS: 'true', LANGFLOW_PORT: String(await freePort()) } })
  pretty.ready.catch(() => {})
  while (!pretty.logs().includes('Flowgate 0')) await sleep(50)
  t.match(pretty.logs(), /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: /)
  await pretty.stop()
})

/** Prints at its end which of these packages a process has loaded. */
const SPY = 'data:text/javascript,' + encodeURIComponent(`
  import Module from 'node:module'
  const watched = /node_modules.(prom-client|@opentelemetry|@fastify.otel|pino-pretty|cli-table3|cli-progress)./
  process.on('exit', () => {
    const names = Object.keys(Module._cache).flatMap(path => watched.exec(path)?.[1] ?? [])
    console.log(JSON.stringify({ loaded: [...new Set(names)].sort() }))
  })`)

t.test('optional modules are loaded only if they are enabled', async t => {
  const loadedBy = async (env: Record<string, string>) => {
    const { stop, logs } = await startServer(t, { env: { NODE_OPTIONS: `--import=${SPY}`, ...env } })
    await stop()
    return JSON.parse(/\{"loaded":.*\}/.exec(logs())?.[0] ?? '{}').loaded
  }
  t.strictSame(await loadedBy({}), [])
  t.strictSame(await loadedBy({ LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_PROMETHEUS_PORT: '0' }),
    ['@opentelemetry', 'prom-client'], 'prom-client brings the interfaces of OpenTelemetry along')
})
