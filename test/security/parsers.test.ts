import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { requestLimits } from '../../src/plugins/http/server-options.ts'
import { buildApp } from '../helpers/app.ts'
import { rawRequest, sendRaw } from '../helpers/raw.ts'

async function listening (t: Test) {
  const built = await buildApp(t)
  await built.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = built.app.server.address() as AddressInfo // a TCP server has an AddressInfo
  const isAlive = async () => (await built.anonymous.get('/health', undefined, { prefix: '' })).statusCode === 200
  return { ...built, url: `http://127.0.0.1:${port}`, isAlive }
}

const json = (length: number) => ({ 'content-type': 'application/json', 'content-length': String(length) })

/** The standard format of errors. */
const failure = { detail: String, code: String, request_id: String }

t.test('invalid HTTP gets an error in the standard format, and the connection closes', async t => {
  const { url, isAlive } = await listening(t)
  const long = 'x'.repeat(64 * 1024)
  const chunked = { 'transfer-encoding': 'chunked' }
  const login = (headers: Record<string, string>, body: string) => rawRequest('POST /api/v1/login', headers, body)
  const cases: Array<[name: string, status: number, text: string]> = [
    ['garbage', 400, '\x16\x03\x01 hello\r\n\r\n'],
    ['a long URL', 431, rawRequest(`GET /${long}`)],
    ['a long query', 431, rawRequest(`GET /api/v1/users/?search=${long}`)],
    ['a long header', 431, rawRequest('GET /health', { cookie: long })],
    ['a key of a megabyte', 431, rawRequest('GET /api/v1/users/whoami', { 'x-api-key': long.repeat(16) })],
    ['a NUL in a header', 400, rawRequest('GET /health', { 'x-api-key': 'sk-\0' })],
    ['no host', 400, 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['two lengths', 400, login({ 'content-length': '3', 'Content-Length': '4' }, 'abc')],
    ['length and chunks', 400, login({ 'content-length': '3', ...chunked }, '0\r\n\r\n')],
    ['a chunk without a size', 400, login({ ...chunked, 'content-type': 'application/json' }, 'zz\r\n')]
  ]
  for (const [name, status, text] of cases) {
    const code = status === 431 ? 'headers_too_large' : 'malformed_request'
    const answer = await sendRaw(url, [text])
    t.equal(answer.status, status, `${name}: ${answer.head.split('\r\n')[0]}`)
    t.ok(answer.isClosed, name)
    t.match(JSON.parse(answer.body), { ...failure, code }, name)
    t.match(answer.head, /nosniff/i)
    t.notMatch(answer.body, /node|fastify|HPE_/i, 'it reveals no internals')
  }
  t.ok(await isAlive())
})

t.test('an undecodable path gets an error in the standard format', async t => {
  const { anonymous, as } = await buildApp(t)
  const ada = await as('ada')
  for (const path of ['/%ff', '/%', '/%E0%A4%A', '/users/%ff', '/users/%c0%ae%c0%ae']) {
    const answer = await ada.get(path)
    t.ok([400, 404, 422].includes(answer.statusCode), `${path}: ${answer.statusCode}`)
    t.match(answer.json(), { code: String, request_id: String }, path)
  }
  const long = await ada.get(`/users/${'a'.repeat(500)}`)
  t.match(long.json(), { code: 'uri_too_long' })
  t.equal(long.statusCode, 414)
  t.equal(long.headers['x-content-type-options'], 'nosniff')
  const tricks = [
    '//api/v1/users/whoami', '/api/v1//users/whoami', '/API/V1/users/whoami', '/api/v1/users/whoami/.',
    '/api/v1/./users/whoami', '/api/v1/x/../users/whoami', '/api/v1%2Fusers%2Fwhoami', '/api/v1/users/whoami%00',
    '/api/v1/users/whoami;x=1', '/docs/..%2f..%2fpackage.json', '/docs/static/..%2f..%2f..%2fpackage.json'
  ]
  for (const path of tricks) {
    const answer = await anonymous.get(path, undefined, { prefix: '' })
    t.ok([400, 403, 404, 422].includes(answer.statusCode), `${path}: ${answer.statusCode}`)
    t.match(answer.json(), failure)
  }
})

/** Invalid bodies, as text or bytes. */
const hostile: Record<string, string | Buffer> = {
  empty: '',
  broken: '{',
  'a byte order mark': '\uFEFF{"username":"ada"}',
  'UTF-16': Buffer.from('\uFEFF{"username":"ada","password":"correct horse"}', 'utf16le'),
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  '100,000 arrays': '['.repeat(100_000) + ']'.repeat(100_000),
  '100,000 objects': '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
  '100,000 open brackets': '['.repeat(100_000),
  __proto__: '{"__proto__": {"is_superuser": true}}',
  constructor: '{"constructor": {"prototype": {"is_superuser": true}}}',
  null: 'null',
  number: '1e999',
  text: '"x"',
  array: '[]',
  'two documents': '{}{}',
  comment: '{/* */}',
  NaN: '{"username": NaN}'
}

const types = [
  'application/json', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded', 'text/plain'
]

t.test('every route rejects hostile bodies quickly and without a 5xx', async t => {
  const routes: Array<{ method: string, url: string }> = []
  const { app, as, isAlive } = await (async () => {
    const built = await buildApp(t, {
      prepare: app => app.addHook('onRoute', ({ method, url, schema }) => {
        if (schema?.body) routes.push(...[method].flat().map(name => ({ method: name, url })))
      })
    })
    return { ...built, isAlive: async () => (await built.app.inject('/health')).statusCode === 200 }
  })()
  const ada = await as('ada')
  t.ok(routes.length >= 12)
  let slowestMs = 0
  const cases = Object.entries(hostile).flatMap(([name, payload]) => types.map(type => ({ name, payload, type })))
  for (const { method, url } of routes) {
    for (const { name, payload, type } of cases) {
      const since = performance.now()
      const { statusCode, body } = await app.inject({
        method: method as 'POST', // the routes have only methods that inject() supports
        url: url.replace(/:\w+/g, ada.user.id),
        payload,
        headers: { ...ada.bearer, 'content-type': type }
      })
      slowestMs = Math.max(slowestMs, performance.now() - since)
      // An empty list is a valid list of flows.
      const isFine = name === 'array' && url.startsWith('/api/v1/flows/')
      const isRefused = statusCode >= 400 && statusCode < 500
      if (!isRefused && !isFine) t.fail(`${method} ${url}, ${name} as ${type}: ${statusCode}`)
      if (/is not valid JSON|\bat \w+ \(|SELECT |prisma/i.test(body)) t.fail(`${url}, ${name}: ${body.slice(0, 200)}`)
    }
  }
  t.ok(slowestMs < 2000, `slowest ${Math.round(slowestMs)} ms`)
  t.ok(await isAlive())
})

t.test('compressed bodies are rejected', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const answer = await ada.post('/variables/', gzipSync('{"name":"x","value":"y","default_fields":[]}'), {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  })
  t.equal(answer.statusCode, 415)
  t.match(answer.json(), { code: 'unsupported_media_type', detail: /Content-Encoding/ })
})

t.test('an endless body is rejected at the limit, and its connection closes', async t => {
  const { url, isAlive } = await listening(t)
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  let sent = 0
  function * endless () {
    yield rawRequest('POST /api/v1/logout', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    for (; sent < 400; sent++) yield piece
  }
  const answer = await sendRaw(url, endless())
  t.equal(answer.status, 413)
  t.match(answer.head, /connection: close/i)
  t.ok(answer.isClosed)
  t.ok(sent < 400, `${sent * 64} KiB were sent`)
  const declared = await sendRaw(url, [rawRequest('POST /api/v1/logout', json(10_000_000), '{')])
  t.equal(declared.status, 413, 'a body that declares it is rejected before it arrives')
  t.ok(await isAlive())
})

t.test('slow requests time out and do not delay others', { timeout: 120_000 }, async t => {
  const { url, isAlive } = await listening(t)
  async function * slowly (first: string, ms: number) {
    yield first
    for (let n = 0; n < 60; n++) {
      await sleep(ms)
      yield 'a'
    }
  }
  const { headersTimeoutMs, requestTimeoutMs, checkEveryMs } = requestLimits
  const [headers, body] = await Promise.all([
    sendRaw(url, slowly('GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ', 1000), { ms: 60_000 }),
    sendRaw(url, slowly(rawRequest('POST /api/v1/logout', json(5000)), 1000), { ms: 60_000 }),
    isAlive()
  ])
  for (const answer of [headers, body]) {
    t.ok(answer.isClosed)
    t.equal(answer.status, 408)
    t.match(JSON.parse(answer.body), { ...failure, code: 'request_timeout' })
  }
  t.ok(headersTimeoutMs + checkEveryMs < requestTimeoutMs)
  t.ok(await isAlive())
})
