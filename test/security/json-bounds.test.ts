import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { bearer, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

const MIB = 1024 * 1024

/** Repeats a text up to a number of bytes. */
const fill = (piece: string, bytes: number) => piece.repeat(Math.floor(bytes / piece.length))

const asFile = (content: string) =>
  `--b\r\nContent-Disposition: form-data; name="file"; filename="f.json"\r\n\r\n${content}\r\n--b--\r\n`

type Case = { name: string, path: string, body: string, isFile?: boolean, status?: number, detail: object }

const tooMany = (loc: string | number) => [{ type: 'json_invalid', loc: ['body', loc], msg: /at most 1000000 values/ }]
const tooDeep = (loc: string | number) => [{ type: 'json_invalid', loc: ['body', loc], msg: /at most 2000 levels/ }]
const names = (count: number) => Array.from({ length: count }, (_, n) => `"k${n}":0`).join(',')

const cases: Case[] = [
  { name: 'zeros', path: '/flows/batch/', body: `{"flows":[${fill('0,', 31 * MIB)}0]}`, detail: tooMany(0) },
  { name: 'truths', path: '/flows/batch/', body: `{"flows":[${fill('true,', 31 * MIB)}1]}`, detail: tooMany(0) },
  { name: 'empty lists', path: '/flows/batch/', body: `[${fill('[],', 24 * MIB)}0]`, detail: tooMany(0) },
  { name: 'a flow of zeros', path: '/flows/', body: `{"name":"x","data":[${fill('0,', 5 * MIB)}0]}`, detail: tooMany(0) },
  { name: 'brackets', path: '/flows/batch/', body: fill('[', 31 * MIB), detail: tooDeep(0) },
  {
    name: 'a file of brackets', path: '/flows/upload/', isFile: true, body: fill('[', 31 * MIB), detail: tooDeep('file')
  },
  {
    name: 'a file of nested objects and lists',
    path: '/flows/upload/',
    isFile: true,
    body: fill('{"":[', 31 * MIB),
    detail: tooDeep('file')
  },
  {
    name: 'a file of objects', path: '/flows/upload/', isFile: true, body: `[${fill('{},', 31 * MIB)}0]`, detail: tooMany('file')
  },
  {
    name: 'a file of names',
    path: '/flows/upload/',
    isFile: true,
    body: `{"name":"x","data":{${names(1_500_000)}}}`,
    detail: tooMany('file')
  },
  {
    name: '8 MiB that are wrong everywhere',
    path: '/flows/batch/',
    body: `{"flows":[${fill('{"name":1,"folder_id":"not an id","endpoint_name":"/"},', 8 * MIB)}0]}`,
    detail: [{ type: 'too_long', loc: ['body', 'flows'] }]
  },
  {
    name: '500,000 items where 1000 are allowed',
    path: '/flows/upload/',
    isFile: true,
    body: `[${fill('[],', 1_400_000)}0]`,
    detail: [{ type: 'too_long', loc: ['body', 'file'] }]
  },
  {
    name: 'a name of escapes',
    path: '/flows/',
    body: `{"name":"${fill('\\"', 5 * MIB)}"}`,
    detail: [{ type: 'string_too_long', loc: ['body', 'name'] }]
  }
]

t.test('no JSON blocks the server or exhausts its memory', { timeout: 180_000 }, async t => {
  // With a heap of this size, a request that takes hundreds of megabytes ends the process.
  const server = await startServer(t, { env: { NODE_OPTIONS: '--max-old-space-size=300' } })
  const headers = bearer(await signIn(server.url, ADMIN.username))
  const health = async () => {
    const since = performance.now()
    const { status } = await fetch(`${server.url}/health`)
    return { status, ms: performance.now() - since }
  }
  for (const { name, path, body, isFile = false, status = 422, detail } of cases) {
    const answer = fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': isFile ? 'multipart/form-data; boundary=b' : 'application/json' },
      body: isFile ? asFile(body) : body
    }).then(async response => ({ status: response.status, text: await response.text() }))
    const isAnswered = answer.then(() => true)
    let slowestMs = 0
    do {
      const { status, ms } = await health()
      t.equal(status, 200, name)
      slowestMs = Math.max(slowestMs, ms)
    } while (!await Promise.race([isAnswered, sleep(10, false)]))
    const { status: got, text } = await answer
    t.equal(got, status, name)
    t.ok(text.length < 2000, `${name}: ${text.length} bytes are answered`)
    t.match(JSON.parse(text), { code: 'invalid_request', detail }, name)
    t.equal(JSON.parse(text).detail.length, 1, `${name}: one problem`)
    t.ok(slowestMs < 2000, `${name}: /health took ${Math.round(slowestMs)} ms`)
  }
  t.equal(server.child.exitCode, null, 'the server still runs')
})

const json = { headers: { 'content-type': 'application/json' } }

t.test('small bodies get all problems, large ones the first', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const small = await ada.post('/flows/', { description: 1, tags: ['a', 2, null], folder_id: 'x', locked: 'no' })
  t.strictSame(small.json().detail.map(({ loc }: { loc: string[] }) => loc.join('.')).sort(), [
    'body.description', 'body.folder_id', 'body.locked', 'body.name', 'body.tags.1', 'body.tags.2'
  ])
  const wrong = (count: number, more: object = {}) =>
    ada.post('/flows/batch/', { flows: Array.from({ length: count }, () => ({ name: null })), ...more })
  const numberOf = async (count: number) =>
    (await wrong(count)).json().detail.map(({ loc }: { loc: unknown[] }) => loc[2])
  const hundred = Array.from({ length: 100 }, (_, index) => index)
  t.strictSame(await numberOf(99), hundred.slice(0, 99))
  t.strictSame(await numberOf(100), hundred)
  t.strictSame(await numberOf(101), hundred, 'at most a hundred')
  t.equal((await wrong(1000)).json().detail.length, 100)
  const large = await wrong(99, { unknown: 'x'.repeat(64 * 1024) })
  t.match(large.json(), { detail: [{ type: 'string_type', loc: ['body', 'flows', 0, 'name'] }] })
  t.equal(large.json().detail.length, 1)
  const many = await ada.delete('/flows/', JSON.stringify(Array.from({ length: 10_001 }, () => 0)), json)
  t.match(many.json().detail, [{ type: 'too_long', loc: ['body'] }])
  t.ok(many.body.length < 20_000)
})
