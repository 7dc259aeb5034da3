import { request } from 'node:http'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { buildApp as build, createClient } from '../helpers/app.ts'
import { startServer } from '../helpers/server.ts'

const OPEN = { LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_SKIP_AUTH_AUTO_LOGIN: 'true' }

type Headers = Record<string, string>

const crossSite: Array<[string, Headers]> = [
  ['an image or a form of another site', { 'sec-fetch-site': 'cross-site' }],
  ['a page of a sibling domain', { 'sec-fetch-site': 'same-site' }],
  ['an older browser', { origin: 'https://evil.example' }],
  ['a page without an origin', { origin: 'null' }]
]
const own: Array<[string, Headers]> = [
  ['a script', {}],
  ['its own page', { 'sec-fetch-site': 'same-origin' }],
  ['the address bar', { 'sec-fetch-site': 'none' }],
  ['its own page in an older browser', { origin: 'http://localhost:7860', host: 'localhost:7860' }]
]

const ways = [
  ['GET', '/auto_login'], ['GET', '/users/whoami'], ['POST', '/flows/'], ['POST', '/flows/upload/'],
  ['GET', '/variables/'], ['DELETE', '/sessions'], ['POST', '/api_key/']
] as const

const open = (t: Test, env: Headers = {}) => build(t, { env: { ...OPEN, ...env } })

type App = Awaited<ReturnType<typeof build>>['app']

const ask = (app: App, [method, path]: readonly [string, string], headers: Headers) =>
  app.inject({
    method: method as 'GET',
    url: `/api/v1${path}`,
    headers,
    ...(method === 'POST' ? { payload: { name: 'Mine', data: {} } } : {})
  })

t.test('pages of other sites get no access through auto login, with any method', async t => {
  const { app, db } = await open(t)
  for (const way of ways) {
    for (const [who, headers] of crossSite) {
      const answer = await ask(app, way, headers)
      t.equal(answer.statusCode, 403, `${way.join(' ')} of ${who}`)
      t.match(answer.json(), { code: 'foreign_origin' })
      t.notOk(answer.headers['set-cookie'])
    }
  }
  t.equal(await db.session.count(), 0)
  for (const [who, headers] of own) {
    t.equal((await ask(app, ways[0], headers)).statusCode, 200, who)
    t.equal((await ask(app, ways[1], headers)).statusCode, 200, who)
  }
})

t.test('a form of another site cannot upload a flow through auto login', async t => {
  const { app, db } = await open(t)
  const payload = '--x\r\ncontent-disposition: form-data; name="file"; filename="f.json"\r\n\r\n' +
    '{"flows":[{"name":"theirs","data":{}}]}\r\n--x--\r\n'
  const upload = (headers: Headers) => app.inject({
    method: 'POST',
    url: '/api/v1/flows/upload/',
    payload,
    headers: { 'content-type': 'multipart/form-data; boundary=x', ...headers }
  })
  for (const [who, headers] of crossSite) t.equal((await upload(headers)).statusCode, 403, who)
  t.equal(await db.flow.count(), 0)
  t.equal((await upload({})).statusCode, 201)
})

t.test('auto login rejects unknown host names (DNS rebinding)', async t => {
  const { app } = await open(t, { LANGFLOW_ALLOWED_HOSTS: 'flowgate.example.org,10.0.0.9' })
  for (const host of ['evil.example', 'evil.example:7860', 'localhost.evil.example', '127.0.0.1.evil.example',
    '192.0.2.1', 'flowgate.example.org.evil.example']) {
    for (const way of [ways[0], ways[1]]) {
      const answer = await ask(app, way, { host })
      t.equal(answer.statusCode, 403, `${way.join(' ')} at ${host}`)
      t.match(answer.json(), { code: 'host_not_allowed', hint: /LANGFLOW_ALLOWED_HOSTS/ })
      t.equal((await ask(app, way, { host, 'sec-fetch-site': 'same-origin', origin: `http://${host}` })).statusCode, 403)
    }
  }
  for (const host of ['localhost', 'LOCALHOST:7860', '127.0.0.1:7860', '[::1]:7860', 'flowgate.example.org',
    'Flowgate.Example.org.:443', '10.0.0.9:7860']) {
    t.equal((await ask(app, ways[0], { host })).statusCode, 200, host)
  }
})

t.test('auto login accepts the address of the connection as host', async t => {
  const server = await startServer(t, { env: { ...OPEN, LANGFLOW_HOST: '0.0.0.0' } })
  const { port } = new URL(server.url)
  const at = (host: string) => new Promise<number>((resolve, reject) => {
    request({ host: '127.0.0.3', port, path: '/api/v1/auto_login', headers: { host } }, response => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', reject).end()
  })
  t.equal(await at(`127.0.0.3:${port}`), 200)
  t.equal(await at('evil.example'), 403)
})

t.test('requests with a credential in a header may have any host', async t => {
  const { app, as } = await build(t)
  const ada = await as('ada')
  const elsewhere = { host: 'flowgate.example.org', 'sec-fetch-site': 'cross-site' }
  const client = createClient(app, { headers: { ...ada.bearer, ...elsewhere } })
  t.equal((await client.get('/users/whoami')).statusCode, 200)
})

const problemsOf = (values: Headers) => {
  try {
    loadConfig([{ label: 'test', values }])
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

t.test('the server does not start with auto login and the origin *', async t => {
  const problem = /LANGFLOW_CORS_ORIGINS: auto login with any origin/
  t.match(problemsOf({ LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_CORS_ORIGINS: '*' }), problem)
  t.match(problemsOf({ LANGFLOW_CORS_ORIGINS: '["*"]' }), /LANGFLOW_CORS_ORIGINS/, 'also with auto login by default')
  t.equal(problemsOf({ LANGFLOW_AUTO_LOGIN: 'false', LANGFLOW_CORS_ORIGINS: '*' }), '')
})

t.test('a loopback server behind a trusted proxy counts as public and rejects unsafe settings', async t => {
  const proxied = { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' }
  const why = /with LANGFLOW_TRUSTED_PROXIES, other machines reach this server/
  t.match(problemsOf(proxied), /LANGFLOW_AUTO_LOGIN: auto login is on by default/)
  t.match(problemsOf(proxied), why)
  t.match(problemsOf({ ...proxied, LANGFLOW_AUTO_LOGIN: 'false' }), /LANGFLOW_SUPERUSER_PASSWORD: is the well-known/)
  t.equal(problemsOf({
    ...proxied, LANGFLOW_AUTO_LOGIN: 'false', LANGFLOW_SUPERUSER_PASSWORD: 'correct horse battery'
  }), '')
  t.equal(problemsOf({}), '', 'without a proxy, loopback is private')
  t.notMatch(problemsOf({ LANGFLOW_HOST: '0.0.0.0' }), why)
})
