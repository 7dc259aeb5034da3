import t, { type Test } from 'tap'
import { buildApp } from '../helpers/app.ts'
import { makeCast } from '../helpers/callers.ts'
import { compatibility, parseRequest, rowsOf, sendRequest } from '../helpers/compatibility.ts'

const credentials = rowsOf('docs/credentials.md', /^\| `(.+?)` \| `(.+?)` \| (?:`(.+?)` )?\|$/gm)

type Response = Awaited<ReturnType<typeof sendRequest>>

function expectAnswer (t: Test, response: Response, expected: string, row: string) {
  const [, status, body] = /^(\d{3})(?: (.+))?$/.exec(expected) ?? []
  t.equal(response.statusCode, Number(status), `${row}: ${response.body.slice(0, 200)}`)
  if (body && response.statusCode === Number(status)) t.match(response.json(), JSON.parse(body), row)
}

t.test('responses match every row of COMPATIBILITY.md', { timeout: 240_000 }, async t => {
  const built = await buildApp(t)
  t.ok(compatibility.length > 100)
  for (const [verdict, what = '', request = '', answer = '', why = ''] of compatibility) {
    const { cast, named, dismiss } = await makeCast(built)
    const response = await sendRequest(parseRequest(request), cast, named)
    await dismiss()
    expectAnswer(t, response, named(answer), `${what}: ${request}`)
    if (verdict === 'different') t.ok(why.length > 10, `${what}: the difference has a reason`)
  }
})

t.test('responses match every row of docs/credentials.md', async t => {
  const built = await buildApp(t)
  const documented = new Set(credentials.map(([caller]) => caller))
  t.ok(documented.size >= 27)
  for (const [caller = '', answer = '', challenge = ''] of credentials) {
    const { cast, named } = await makeCast(built)
    const request = { caller, method: 'GET', path: '/users/whoami', isForm: false, body: '' } as const
    const response = await sendRequest(request, cast, named)
    expectAnswer(t, response, answer, caller)
    t.equal(response.headers['www-authenticate'] ?? '', challenge, caller)
  }
})

t.test('every operation of the OpenAPI document has a row or is listed here', async t => {
  const { app } = await buildApp(t)
  const tried = compatibility.map(([, , request = '']) => parseRequest(request))
  const paths = Object.entries((app.swagger() as { paths: Record<string, object> }).paths) // as in OpenAPI
  const without: string[] = []
  for (const [path, item] of paths) {
    const pattern = new RegExp(`^${path.replace('/api/v1', '').replace(/\{\w+\}/g, '[^/?]+')}/?(\\?.*)?$`)
    for (const method of Object.keys(item)) {
      const isTried = tried.some(request => request.method === method.toUpperCase() && pattern.test(request.path))
      if (!isTried) without.push(`${method.toUpperCase()} ${path}`)
    }
  }
  t.strictSame(without.filter(name => !UNTRIED.has(name)), [])
})

/**
 * Operations without a row: outside /api/v1, like another operation that has a row, or with a body that no table can
 * contain.
 */
const UNTRIED = new Set([
  'GET /api/v1/verify', 'GET /api/v1/verify/nginx', 'GET /api/v1/access',
  'GET /health', 'GET /health_check', 'GET /livez', 'GET /readyz', 'GET /api/v2/mcp/servers',
  'POST /api/v1/flows/upload/',
  // test/api-keys
  'POST /api/v1/service_accounts', 'POST /api/v1/api_key/{api_key_id}/rotate', 'GET /api/v1/api_key/{api_key_id}/usage',
  'GET /api/v1/api_key/options', 'DELETE /api/v1/api_key/self', 'GET /api/v1/api_keys',
  'POST /api/v1/users/{user_id}/api_keys',
  'GET /api/v1/users/{user_id}/api_keys/{api_key_id}/usage', 'PATCH /api/v1/users/{user_id}/api_keys/{api_key_id}',
  'POST /api/v1/users/{user_id}/api_keys/{api_key_id}/rotate',
  'DELETE /api/v1/sessions/{session_id}', 'DELETE /api/v1/users/{user_id}/sessions/{session_id}',
  'GET /api/v1/users/{user_id}/sessions', 'PATCH /api/v1/projects/{project_id}',
  'GET /api/v1/store/check/api_key', 'GET /api/v1/store/tags', 'GET /api/v1/store/components/',
  'GET /api/v1/files/profile_pictures/list', 'GET /api/v1/monitor/builds', 'GET /api/v1/monitor/transactions',
  'POST /api/v1/authz/me/permissions',
  // test/tokens
  'POST /oauth2/introspect', 'POST /oauth2/revoke', 'POST /oauth2/token', 'GET /.well-known/jwks.json',
  'GET /.well-known/oauth-authorization-server', 'GET /.well-known/openid-configuration'
])
