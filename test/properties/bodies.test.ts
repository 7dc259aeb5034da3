import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ADMIN, buildApp, PASSWORD } from '../helpers/app.ts'
import { anyText, holds } from '../helpers/properties.ts'

type Built = Awaited<ReturnType<typeof buildApp>>
type Body = Record<string, unknown>

const aType = (usual: string) => fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, fc.constantFrom(
  'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''))
const aValue = fc.oneof(
  anyText, fc.jsonValue({ maxDepth: 3 }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null))

/** A valid body with changed or missing members, any JSON, or bytes that are not JSON. */
function aRequest (good: Body, usual: string) {
  const changes = fc.dictionary(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...Object.keys(good)) }, anyText), aValue, { maxKeys: 2 })
  const likely = fc.tuple(fc.subarray(Object.entries(good)), fc.boolean(), changes, fc.uuid())
    .map(([some, isWhole, changed, unique]) => {
      const body: Body = { ...(isWhole ? good : Object.fromEntries(some)), ...changed }
      // Names are unique.
      for (const name of ['name', 'username']) if (body[name] === 'new') body[name] = unique
      return body
    })
  const json = fc.oneof({ weight: 4, arbitrary: likely }, fc.jsonValue()).map(body => JSON.stringify(body))
  const encode = (text: string) => encodeURIComponent(text.toWellFormed())
  const form = likely.map(body => Object.entries(body)
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`).join('&'))
  const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
  const cut = fc.tuple(json, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)))
  const [first, second] = usual === 'application/json' ? [json, form] : [form, json]
  return fc.record({
    payload: fc.oneof<Array<fc.WeightedArbitrary<string | Buffer>>>(
      { weight: 8, arbitrary: first }, { weight: 1, arbitrary: second }, { weight: 1, arbitrary: bytes },
      { weight: 1, arbitrary: cut }),
    type: aType(usual)
  })
}

/** Errors have the common format and contain no internal details. */
function isOurs ({ statusCode, body }: { statusCode: number, body: string }): boolean {
  if (statusCode < 400) return statusCode >= 200
  if (statusCode >= 500) return false
  const { detail, code, request_id: id } = JSON.parse(body)
  return detail !== undefined && typeof code === 'string' && typeof id === 'string' &&
    !/\bat \w+ \(|node_modules|prisma|SELECT |argon2/i.test(body)
}

type Route = { method?: 'POST' | 'PATCH', url: string, good: Body, bearer?: Record<string, string>, usual?: string }

/** The tests' app reports statuses that a route does not declare. */
async function holdBodies (t: Test, name: string, { app }: Built, route: Route) {
  const { method = 'POST', url, good, bearer = {}, usual = 'application/json' } = route
  const seen: Record<number, number> = {}
  await holds(t, name, fc.asyncProperty(aRequest(good, usual), async ({ payload, type }) => {
    const headers = { ...bearer, ...(type === '' ? {} : { 'content-type': type }) }
    const answer = await app.inject({ method, url: `/api/v1${url}`, payload, headers })
    seen[answer.statusCode] = (seen[answer.statusCode] ?? 0) + 1
    return isOurs(answer)
  }))
  const isVaried = Object.keys(seen).some(status => status < '400') && Object.keys(seen).some(status => status >= '400')
  t.ok(isVaried, `${name}: some pass and some do not: ${JSON.stringify(seen)}`)
}

const account = {
  username: 'new', password: PASSWORD, optins: {}, profile_image: 'x', is_active: true, is_superuser: false
}
const variable = { name: 'new', value: 'x', type: 'Generic', default_fields: ['a'] }
const flow = {
  name: 'new', description: 'x', data: { nodes: [] }, endpoint_name: null, folder_id: null, is_component: false,
  access_type: 'PRIVATE', tags: ['a']
}

t.test('routes with a body return only declared responses, for any body', { timeout: 300_000 }, async t => {
  const built = await buildApp(t, {
    env: {
      LANGFLOW_MAX_PENDING_ACCOUNTS: '1000000',
      LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: '100000',
      LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: '100000'
    }
  })
  const [{ bearer, post, user }, boss] = [await built.as('ada'), await built.admin()]
  const { id: variableId } = (await post('/variables/', { ...variable, name: 'v' })).json()
  const { id: flowId } = (await post('/flows/', { name: 'f', data: {} })).json()
  const { id: keyId } = (await post('/api_key/', { name: 'k' })).json()
  const hold = (name: string, route: Route) => holdBodies(t, name, built, route)
  const usual = 'application/x-www-form-urlencoded'
  await hold('sign-in', { url: '/login', good: { ...ADMIN, grant_type: 'password', scope: '' }, usual })
  await hold('sign-up', { url: '/users/', good: account })
  await hold('new account', { url: '/users/', good: account, bearer: boss.bearer })
  await hold('own picture', {
    method: 'PATCH', url: `/users/${user.id}`, good: { profile_image: 'x', optins: { a: true } }, bearer
  })
  await hold('new variable', { url: '/variables/', good: variable, bearer })
  await hold('own variable', {
    method: 'PATCH', url: `/variables/${variableId}`, good: { ...variable, id: variableId }, bearer
  })
  await hold('new key', { url: '/api_key/', good: { name: 'x', expires_at: '2999-01-01T00:00:00Z' }, bearer })
  await hold('own key', { method: 'PATCH', url: `/api_key/${keyId}`, good: { name: 'x', is_active: true }, bearer })
  await hold('new flow', { url: '/flows/', good: flow, bearer })
  await hold('own flow', { method: 'PATCH', url: `/flows/${flowId}`, good: flow, bearer })
  await hold('new project', {
    url: '/projects/', good: { name: 'new', description: 'x', flows_list: [], components_list: [] }, bearer
  })
})

const aWord = fc.oneof(anyText, fc.integer().map(String),
  fc.constantFrom('%', '_', '\\', "'", 'NaN', '1.5', '1e3', '1e999', '9'.repeat(400)))
const encoded = (text: fc.Arbitrary<string>) => text.map(value => encodeURIComponent(value.toWellFormed()))

t.test('routes return only declared responses, for any path and query', { timeout: 120_000 }, async t => {
  const { app, admin } = await buildApp(t)
  const { bearer } = await admin()
  const paths = fc.constantFrom('/users/', '/flows/', '/projects/', '/variables/', '/api_key/', '/sessions')
  const names = fc.constantFrom('skip', 'limit', 'search', 'page', 'size', 'order_by', 'direction', 'is_active',
    'folder_id', 'components_only', 'get_all', 'header_flows', 'x-api-key', '__proto__')
  const query = fc.array(fc.tuple(names, encoded(aWord)).map(pair => pair.join('=')), { maxLength: 5 })
  await holds(t, 'lists', fc.asyncProperty(paths, query, async (path, search) =>
    isOurs(await app.inject({ url: `/api/v1${path}?${search.join('&')}`, headers: bearer }))))
  const step = fc.oneof(encoded(aWord), fc.constantFrom('%', '%ff', '%00', '..', '.', ';', '%2f'))
  const methods = fc.constantFrom('GET', 'DELETE', 'PATCH', 'PUT')
  const steps = fc.array(step, { maxLength: 3 })
  await holds(t, 'paths', fc.asyncProperty(paths, steps, methods, async (path, steps, method) => {
    const url = `/api/v1${path}${path.endsWith('/') ? '' : '/'}${steps.join('/')}`
    return isOurs(await app.inject({ method: method as 'GET', url, headers: bearer })) // inject() supports it
  }))
})
