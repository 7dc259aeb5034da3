import { request } from 'node:http'
import t from 'tap'
import { buildApp } from '../helpers/app.ts'

const PAGE_POLICY = "default-src 'self';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
  "object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'"

const expected = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store'
}

t.test('every response has the security headers and does not name the server', async t => {
  const { anonymous, as } = await buildApp(t)
  const ada = await as('ada')
  const answers = [
    await anonymous.get('/health', undefined, { prefix: '' }),
    await ada.get('/users/whoami'),
    await ada.signInAgain(),
    await anonymous.get('/users/whoami'),
    await anonymous.post('/login', '{', { headers: { 'content-type': 'application/json' } }),
    await anonymous.get('/nowhere'),
    await anonymous.put('/login')
  ]
  for (const { headers, statusCode, raw } of answers) {
    t.match(headers, expected, `${raw.req.url} ${statusCode}`)
    t.notOk(headers['x-powered-by'] ?? headers['server'])
  }
})

t.test('pages load only resources of this server and are isolated', async t => {
  const { anonymous } = await buildApp(t)
  const { headers } = await anonymous.get('/login', undefined, { prefix: '' })
  t.match(headers, {
    ...expected,
    'cache-control': 'no-cache',
    'content-security-policy': PAGE_POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'origin-agent-cluster': '?1'
  })
})

t.test('only configured origins can read responses', async t => {
  const origin = 'https://app.example.org'
  const preflight = { origin, 'access-control-request-method': 'POST' }
  const { app } = await buildApp(t)
  for (const sent of [origin, 'null', 'http://localhost.evil.example']) {
    const answer = await app.inject({ url: '/api/v1/version', headers: { origin: sent } })
    t.strictSame(Object.keys(answer.headers).filter(name => name.startsWith('access-control')), [], sent)
  }
  const refused = await app.inject({ method: 'OPTIONS', url: '/api/v1/login', headers: preflight })
  t.ok(refused.statusCode >= 400 && !refused.headers['access-control-allow-origin'])

  const { app: open } = await buildApp(t, {
    env: { LANGFLOW_CORS_ORIGINS: origin, LANGFLOW_CORS_ALLOW_CREDENTIALS: 'true' }
  })
  const allowed = await open.inject({ method: 'OPTIONS', url: '/api/v1/login', headers: preflight })
  t.match(allowed.headers, { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
  for (const other of ['https://app.example.org.evil.example', 'https://evil.example', 'http://app.example.org', 'null']) {
    const answer = await open.inject({ url: '/api/v1/version', headers: { origin: other } })
    t.not(answer.headers['access-control-allow-origin'], other)
  }
})

t.test('Host and forwarded headers have no effect, and redirects stay on this server', async t => {
  const { app } = await buildApp(t)
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '192.0.2.1'
  }
  const { hostname, port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  /** The raw path: a URL object would be normalized. */
  const get = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number, headers: object }>((resolve, reject) => {
      request({ hostname, port, path, headers }, response => {
        response.resume()
        resolve({ status: response.statusCode ?? 0, headers: response.headers })
      }).on('error', reject).end()
    })
  const moved = await app.inject({ url: '/api/v1/folders/?a=//evil.example', headers })
  t.equal(moved.statusCode, 307)
  t.match(moved.headers.location, /^\/api\/v1\/projects\//)
  for (const path of ['//evil.example/..', '/\\evil.example', '/api/v1//users/whoami', '/api/v1/%2e%2e/users/',
    '/API/V1/users/whoami', '/api/v1/users/whoami/..;/', '/api/v1/users%2Fwhoami']) {
    const answer = await get(path, headers)
    t.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`)
    t.notMatch(JSON.stringify(answer.headers), 'evil', path)
  }
})
