import type { RouteOptions } from 'fastify'
import t from 'tap'
import { type Grant, grants } from '../../src/policy/grants.ts'
import { buildApp } from '../helpers/app.ts'

/** The pages and the icon of the console are public files. Their data comes from the API. */
const pages = [
  '/favicon.ico', '/', '/login', '/signup', '/no-access', '/flows',
  '/admin', '/admin/users/:user_id', '/admin/service-accounts', '/admin/api-keys',
  '/settings', '/settings/api-keys', '/settings/variables', '/settings/sessions', '/settings/account'
]

/** All routes that work without credentials, with the reason. */
const PUBLIC = new Set([
  'GET /health', 'GET /health_check', 'GET /livez', 'GET /readyz',
  'GET /api/v1/version', 'GET /api/v1/config', 'GET /api/v1/session', 'GET /api/v1/auto_login',
  'POST /api/v1/login', 'POST /api/v1/logout',
  // Authenticated only by the refresh token cookie.
  'POST /api/v1/refresh',
  // If sign-up is enabled.
  'POST /api/v1/users/',
  // Flows that their owner made public.
  'GET /api/v1/flows/public_flow/:flow_id',
  // Requests of Langflow's web client before sign-in: the responses are empty for everyone.
  'GET /api/v1/flows/basic_examples/', 'GET /api/v1/starter-projects/', 'GET /api/v1/all',
  'GET /api/v1/store/check/', 'GET /api/v1/store/check/api_key', 'GET /api/v1/store/tags',
  'GET /api/v1/store/components/', 'GET /api/v1/files/profile_pictures/list',
  // Public keys and addresses.
  'GET /.well-known/jwks.json', 'GET /.well-known/oauth-authorization-server', 'GET /.well-known/openid-configuration',
  // The token in the form is the credential.
  'POST /oauth2/token', 'POST /oauth2/revoke',
  ...pages.map(page => `GET ${page}`)
])

/** The requirement of each of these routes; all others require a grant. */
const OPEN_REQUIREMENTS = ['nothing', 'nothing but valid credentials', 'sign-up']

/** Reads API keys only. Each key may delete itself. */
const FOR_KEYS = 'DELETE /api/v1/api_key/self'

/** Public files whose names change. */
const isFile = (url: string) => url.startsWith('/docs') || url.startsWith('/assets/')
/** Questions of proxies, with every method. Only trusted proxies get an answer. */
const isPublic = (name: string) => PUBLIC.has(name) || / \/api\/v1\/verify(\/|$)/.test(name)
/** Pages of the console. They declare their requirement after the guard was added. */
const isPage = (name: string) => [...pages, '/assets/'].some(page => name === `GET ${page}`)
const fill = (url: string) => url.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')

async function appWithRoutes (t: Parameters<typeof buildApp>[0], env = {}) {
  const routes: Array<{ method: string, url: string, schema: RouteOptions['schema'], requires: string }> = []
  const built = await buildApp(t, {
    env,
    prepare: app => app.addHook('onRoute', ({ method, url, schema, config }) => {
      const requires = config?.requires ?? 'undeclared'
      for (const name of [method].flat()) if (name !== 'HEAD') routes.push({ method: name, url, schema, requires })
    })
  })
  // Redirects have no guard; their targets do.
  const isRedirection = (url: string) => url.startsWith('/api/v1/folders')
  return { ...built, routes: routes.filter(({ url }) => !isFile(url) && !isRedirection(url)) }
}

t.test('every route requires authentication unless it is listed here', async t => {
  const { app, routes } = await appWithRoutes(t)
  const open: string[] = []
  for (const { method, url } of routes) {
    const name = `${method} ${url}`
    const request = { method: method as 'GET', url: fill(url) } // inject() can send every method that Fastify routes
    for (const payload of [undefined, '{', '{"username": 1}']) {
      if (method === 'GET' && payload !== undefined) continue
      const { statusCode, body } = await app.inject({
        ...request, ...(payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json' } })
      })
      const { code, error } = body.startsWith('{') ? JSON.parse(body) : {}
      const isClosed = (statusCode === 403 && code === 'missing_credentials') ||
        (statusCode === 401 && error === 'invalid_client')
      if (isPublic(name)) t.notOk(isClosed, `${name} is open`)
      else if (!isClosed) open.push(`${name} returned ${statusCode}`)
    }
  }
  t.strictSame(open, [], 'the response does not reveal what the route expects')
  const known = new Set(routes.map(({ method, url }) => `${method} ${url}`))
  t.strictSame([...PUBLIC].filter(name => !known.has(name)), [], 'each listed route exists')
})

t.test('every route declares the grant that it requires', async t => {
  const { app, as, routes } = await appWithRoutes(t)
  const { bearer } = await as('ada')
  for (const { method, url, requires } of routes) {
    const name = `${method} ${url}`
    if (isPage(name)) continue
    t.equal(OPEN_REQUIREMENTS.includes(requires), isPublic(name), `${name} requires ${requires}`)
    if (isPublic(name)) continue
    t.equal(requires === 'an API key', name === FOR_KEYS, name)
    if (name === FOR_KEYS) continue
    t.ok(Object.hasOwn(grants, requires), `${requires} is a grant`)
    const { holder } = grants[requires as Grant]
    const answer = await app.inject({ method: method as 'GET', url: fill(url), headers: bearer })
    const isRefused = answer.statusCode === 403 &&
      (answer.json().code === 'not_superuser' || answer.json().error === 'insufficient_scope')
    t.equal(isRefused, holder === 'superuser', `${name} is ${holder === 'superuser' ? 'closed' : 'open'} to accounts`)
  }
})

t.test('a route without a declaration rejects all requests', async t => {
  const { app, admin } = await buildApp(t, {
    prepare: app => { app.get('/forgotten', async () => 'open') }
  })
  const { bearer } = await admin()
  t.equal((await app.inject({ url: '/forgotten' })).statusCode, 500)
  t.equal((await app.inject({ url: '/forgotten', headers: bearer })).statusCode, 500)
})

t.test('invalid credentials are rejected on every route that reads them', async t => {
  const { app, routes } = await appWithRoutes(t)
  for (const { method, url } of routes) {
    if (isPublic(`${method} ${url}`)) continue
    const { statusCode } = await app.inject({
      method: method as 'GET', url: fill(url), headers: { authorization: 'Bearer bad' }
    })
    t.equal(statusCode, `${method} ${url}` === FOR_KEYS ? 403 : 401, `${method} ${url}`)
  }
})

t.test('every route has a summary and describes its responses', async t => {
  const { routes } = await appWithRoutes(t)
  const ids = new Set<string>()
  for (const { method, url, schema } of routes) {
    if (schema?.hide) continue
    const name = `${method} ${url}`
    const { operationId = '', tags = [], summary = '', response = {} } = schema ?? {}
    t.match(operationId, /^[a-z]+[A-Za-z]*$/, name)
    t.notOk(ids.has(operationId), `${operationId} is the only one`)
    ids.add(operationId)
    t.ok(tags.length === 1 && summary.length > 5, `${name} has a tag and a summary`)
    const statuses = Object.keys(response as object) // Fastify's response schemas, by status
    t.ok(statuses.some(status => status.startsWith('2') || status.startsWith('3')), `${name} can succeed`)
    if (url.includes(':')) t.ok(statuses.includes('404') || isPublic(name), `${name} declares 404`)
    if (!isPublic(name)) {
      t.ok((name === FOR_KEYS ? ['403'] : ['401', '403']).every(status => statuses.includes(status)),
        `${name} declares the refusals`)
      t.ok(schema?.security?.length, `${name} declares its credentials`)
    }
  }
})

t.test('unknown paths, unsupported methods and missing slashes get the expected responses', async t => {
  const { app, admin } = await appWithRoutes(t)
  const boss = await admin()
  const wrong = await boss.put('/users/whoami', {})
  t.equal(wrong.statusCode, 405)
  t.match(wrong.headers.allow, /GET/)
  t.match(wrong.json(), { detail: 'Method Not Allowed', code: 'method_not_allowed' })
  t.match((await boss.get('/nothing')).json(), { detail: 'Not Found', code: 'not_found' })
  t.equal((await boss.get('/users')).statusCode, 200)
  for (const url of ['//api/v1/users/', '/api/v1/users/../users/', '/API/V1/users/', '/api/v1/%2e%2e/health',
    '/api/v1/users/%2F', '/api//v1/users/whoami', '/%', '/api/v1/users/%zz']) {
    const { statusCode } = await app.inject({ url })
    t.ok([400, 403, 404].includes(statusCode), `${url} returned ${statusCode}`)
  }
})
