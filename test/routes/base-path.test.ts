import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { createBasePathRemover } from '../../src/policy/requests/base-path.ts'
import { buildApp, createClient } from '../helpers/app.ts'
import { rawRequest, sendRaw } from '../helpers/raw.ts'

const env = { LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:9000/flowgate' }
const built = fileURLToPath(new URL('../../dist/console/', import.meta.url))
const html = { accept: 'text/html' }

const open = (t: Test, more: Record<string, string> = {}) => buildApp(t, { env: { ...env, ...more } })

t.test('only the base path is removed from a request target', t => {
  const remove = createBasePathRemover('/tools/flow.gate')
  const rows: Array<[target: string, path: string]> = [
    ['/tools/flow.gate', '/'],
    ['/tools/flow.gate/', '/'],
    ['/tools/flow.gate?x=1', '/?x=1'],
    ['/tools/flow.gate#x', '/#x'],
    ['/tools/flow.gate/login?next=/tools/flow.gate/admin', '/login?next=/tools/flow.gate/admin'],
    ['/tools/flow.gate/tools/flow.gate/login', '/tools/flow.gate/login'],
    ['/tools/flow.gate//evil.example', '//evil.example'],
    ['/tools/flow.gate/../api', '/../api'],
    ['/tools/flow.gate/%2e%2e/api', '/%2e%2e/api'],
    ['http://evil.example/tools/flow.gate/login', '/login'],
    ['HTTPS://evil.example/login', '/login'],
    ['http://evil.example', '/'],
    ['/.well-known/jwks/tools/flow.gate', '/.well-known/jwks'],
    ['/.well-known/jwks/tools/flow.gate?x', '/.well-known/jwks?x'],
    ['/tools/flow.gate/.well-known/jwks', '/.well-known/jwks'],
    ...[
      '/', '/login', '/tools', '/tools/flow.gatex', '/tools/flow-gate', '/tools/Flow.gate', '/tools/flow%2egate', '*',
      '/tools%2Fflow.gate', '//tools/flow.gate', '/x/tools/flow.gate', '/.well-known/jwks/tools',
      '/.well-known/a/b/tools/flow.gate', '/.well-known//tools/flow.gate', '/.well-known/jwks/tools/flow.gate/x',
      '/api/v1/x?url=http://host/tools/flow.gate'
    ].map((target): [string, string] => [target, target])
  ]
  for (const [target, path] of rows) t.equal(remove(target), path, target)
  t.end()
})

t.test('every address is served below the base path and at the root', async t => {
  const { app, as } = await open(t)
  const { bearer } = await as('ada')
  const paths = [
    '/health', '/livez', '/api/v1/version', '/api/v1/users/whoami', '/api/v1/flows/?get_all=true', '/openapi.json',
    '/openapi.yaml', '/docs', '/docs/', '/docs/static/swagger-ui.css', '/docs/json', '/favicon.ico', '/login', '/admin',
    '/settings/api-keys', ...readdirSync(join(built, 'assets')).slice(0, 6).map(name => `/assets/${name.replace(/\.(br|gz)$/, '')}`)
  ]
  for (const url of paths) {
    const [above, below] = await Promise.all(
      [url, `/flowgate${url}`].map(url => app.inject({ url, headers: bearer })))
    t.equal(above?.statusCode, 200, url)
    const withoutId = (answer: typeof above) => ({
      ...answer?.headers, 'x-request-id': '', date: '', 'content-length': '', etag: ''
    })
    t.strictSame(withoutId(below), withoutId(above), url)
    // The HTML of /docs names its own files.
    t.equal(below?.statusCode, 200, `/flowgate${url}`)
  }
  for (const url of ['/flowgate', '/flowgate/', '/flowgate?x']) {
    const page = await app.inject({ url })
    t.match([page.statusCode, page.headers['content-type']], [200, /^text\/html/], url)
  }
  for (const url of ['/flowgatex', '/flowgate/flowgate/login', '/Flowgate/login', '/x/flowgate/login']) {
    t.equal((await app.inject({ url })).statusCode, 404, url)
  }
})

t.test('without a base path, targets are not rewritten', async t => {
  const { app } = await buildApp(t, { env: { LANGFLOW_PUBLIC_URL: 'http://localhost:9000' } })
  t.equal((await app.inject({ url: '/flowgate/login' })).statusCode, 404)
  const page = await app.inject({ url: '/login' })
  t.equal(page.body, readFileSync(join(built, 'index.html'), 'utf8'))
  t.ok(page.headers['last-modified'], 'the file is sent')
})

t.test('links and redirects begin with the base path, however the request arrived', async t => {
  const { app, as, admin } = await open(t)
  const [ada, boss] = [await as('ada'), await admin()]
  for (const prefix of ['/flowgate/api/v1', '/api/v1']) {
    const client = createClient(app, { headers: ada.bearer })
    const at = { prefix }
    const created: Array<[path: string, body: object]> = [
      ['/api_key/', { name: 'ci' }],
      ['/flows/', { name: 'a', data: { nodes: [], edges: [] } }],
      ['/projects/', { name: 'p' }],
      ['/variables/', { name: `V${prefix.length}`, value: 'x', type: 'Credential', default_fields: [] }],
      ['/users/', { username: `user${prefix.length}`, password: 'a pass phrase for tests' }]
    ]
    for (const [path, body] of created) {
      const answer = await client.post(path, body, at)
      t.match(answer.headers.location, new RegExp(`^/flowgate/api/v1${path}[\\w-]+$`), path)
    }
    const list = await createClient(app, { headers: boss.bearer }).get('/users/?limit=1', undefined, at)
    t.equal(list.headers.link, '</flowgate/api/v1/users/?limit=1&skip=1>; rel="next"')
    const moved = await client.get('/folders/?a=1', undefined, at)
    t.match([moved.statusCode, moved.headers.location], [307, '/flowgate/api/v1/projects/?a=1'])
  }
  const next = await app.inject({ url: 'http://evil.example/flowgate/api/v1/users/?limit=1', headers: boss.bearer })
  t.match(next.headers.link, /^<\/flowgate\/api\/v1\/users\/\?/)
  const docs = await app.inject({ url: '/flowgate/docs/static/index.html' })
  t.match([docs.statusCode, docs.headers.location], [302, '/flowgate/docs/'])
})

t.test('the OpenAPI documents and /docs name addresses below the base path', async t => {
  const { app } = await open(t)
  const json = (await app.inject({ url: '/flowgate/openapi.json' })).json()
  const yaml = parse((await app.inject({ url: '/openapi.yaml' })).body)
  for (const document of [json, yaml]) {
    t.match(document.servers, [{ url: '/flowgate' }])
    t.equal(document.components.securitySchemes.password.flows.password.tokenUrl, '/flowgate/api/v1/login')
    t.ok('/api/v1/login' in document.paths, 'paths are relative to the server')
  }
  const { headers } = await app.inject({ url: '/openapi.yaml' })
  const known = { 'if-none-match': String(headers['etag']) }
  const again = await app.inject({ url: '/flowgate/openapi.yaml', headers: known })
  t.equal(again.statusCode, 304)
  const page = await app.inject({ url: '/docs' })
  const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address)
  t.ok(addresses.length > 4)
  for (const address of addresses) t.match(address, /^\/flowgate\/docs\/static\//)
})

t.test('the page of the console names its assets below the base path', async t => {
  const { app } = await open(t)
  const { app: plain } = await buildApp(t)
  const [page, other] = [await app.inject({ url: '/flowgate/admin' }), await plain.inject({ url: '/admin' })]
  const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)
  t.ok(addresses.length >= 4)
  for (const address of addresses) {
    t.match(address, /^\/flowgate\/assets\//)
    t.equal((await app.inject({ url: address, headers: { 'accept-encoding': 'br' } })).statusCode, 200, address)
  }
  t.match(page.body, '<meta name="base-path" content="/flowgate">')
  for (const name of ['content-security-policy', 'cache-control', 'vary', 'x-frame-options']) {
    t.equal(page.headers[name], other.headers[name], name)
  }
  t.match(page.headers['content-type'], /^text\/html; charset=utf-8$/i)
  const again = await app.inject({ url: '/flowgate/login', headers: { 'if-none-match': String(page.headers['etag']) } })
  t.match([again.statusCode, again.body], [304, ''])
  const missing = await app.inject({ url: '/flowgate/nothing', headers: html })
  t.match([missing.statusCode, missing.headers['cache-control']], [404, 'no-store'])
  t.equal(missing.body, page.body)
})

t.test('unusual targets below the base path are client errors and never lead elsewhere', async t => {
  const { app } = await open(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const targets = [
    '/flowgate/../api/v1/version', '/flowgate/..', '/flowgate//api/v1/version', '//flowgate/login',
    '/flowgate/%2e%2e/api/v1/version', '/flowgate%2Fapi/v1/version', '/flowgate/api%2Fv1/version', '/%66lowgate/login',
    '/flowgate/\\evil.example', '/flowgate//evil.example', '/flowgate//evil.example/..', '/flowgate/.%00',
    '/flowgate/assets/../index.html', '/flowgate/assets/..%2f..%2fcli.js', '/flowgate;x/login', '/flowgate/%zz',
    '/flowgate/http://evil.example/', '/flowgate/api/v1/folders/../../x', '/api/v1/folders/%2e%2e/x',
    '/flowgate/api/v1/folders/..\\..\\..\\..\\x', '/flowgate/docs/static/../../x',
    '/.well-known/nothing/flowgate', '/.well-known//flowgate', `/flowgate/${'x'.repeat(3000)}`, '/flowgate/flowgate',
    'http://evil.example/flowgate/nothing', 'http://evil.example/flowgatex'
  ]
  for (const target of targets) {
    for (const headers of [{}, html]) {
      const { status, head } = await sendRaw(url, [rawRequest(`GET ${target}`, { ...headers, connection: 'close' })])
      t.ok(status >= 400 && status < 500, `${target.slice(0, 60)}: ${status}`)
      t.notMatch(head, /^location:/im, target.slice(0, 60))
    }
  }
  const moved = await sendRaw(url, [rawRequest('GET /flowgate/api/v1/folders//evil.example', { connection: 'close' })])
  t.match(moved.head, /^location: \/flowgate\/api\/v1\/projects\/\/?evil/im)
})

t.test('chunks of the console name each other by relative addresses', t => {
  const folder = join(dirname(built), 'console/assets')
  for (const name of readdirSync(folder).filter(name => /\.(js|css)$/.test(name))) {
    t.notMatch(readFileSync(join(folder, name), 'utf8'), /["'`(]\/assets\//, name)
  }
  t.end()
})
