import t, { type Test } from 'tap'
import { grants, type Scope, scopeNames } from '../../src/policy/grants.ts'
import { APP, buildGate } from '../helpers/apps.ts'
import { createClient } from '../helpers/app.ts'

type Operation = { operationId: string, security?: Array<Record<string, string[]>> }
type Gate = Awaited<ReturnType<typeof buildGate>>
type Request = { method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, operation: Operation }

const RULES = `
rules:
  - hosts: app.example.test
    allow: signed-in
`
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const NO_ID = '00000000-0000-4000-8000-000000000000'

/** Operations that accept every API key, whatever its scopes. */
const FOR_EVERY_KEY = ['deleteOwnApiKey', 'readConfig']
/** Operations that also work without any credential, and then require no scope. */
const OPEN = ['createUser', 'readConfig', 'verify', 'verifyForNginx']
/** An account reads and changes itself with `account:…`; the accounts of others need `users:…`, too. */
const ON_ITSELF = ['readUser', 'updateUser']

function operationsOf ({ app }: Gate): Request[] {
  const { paths } = app.swagger() as unknown as { paths: Record<string, Partial<Record<string, Operation>>> }
  return Object.entries(paths).flatMap(([path, item]) => methods.flatMap(method => {
    const operation = item[method]
    return operation ? [{ method, path, operation }] : []
  }))
}

/** The scopes that the document names for API keys; undefined if it accepts none. */
const scopesOf = ({ security = [] }: Operation) => security.find(each => 'apiKey' in each)?.['apiKey']

async function keyMaker (gate: Gate) {
  const boss = await gate.admin()
  const made = async (scopes: readonly Scope[]) => {
    const { api_key: key } = (await boss.post('/api_key/', { scopes })).json()
    return createClient(gate.app, { headers: { 'x-api-key': key } })
  }
  const send = (client: Awaited<ReturnType<typeof made>>, { method, path, operation }: Request) => {
    const itself = ON_ITSELF.includes(operation.operationId) ? boss.user.id : NO_ID
    const url = path.replace('{user_id}', itself).replace(/\{\w+\}/g, NO_ID)
    // With a key that is not remembered, and with one that is.
    return client[method](url, ['get', 'delete'].includes(method) ? undefined : {}, {
      prefix: '',
      headers: {
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': APP.replace('https://', ''),
        'x-forwarded-uri': '/',
        'x-forwarded-method': 'GET',
        ...path.startsWith('/oauth2/') ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
      }
    })
  }
  return { boss, made, send }
}

const gateOf = (test: Test) => buildGate(test, RULES, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })

t.test('every operation that accepts API keys names one scope', async t => {
  const all = operationsOf(await gateOf(t))
  t.ok(all.length > 80, `${all.length} operations`)
  for (const { operation } of all) {
    const scopes = scopesOf(operation)
    if (!scopes) continue
    const { operationId, security = [] } = operation
    t.equal(scopes.length, FOR_EVERY_KEY.includes(operationId) ? 0 : 1, `${operationId}: ${scopes.join(' ')}`)
    const named = new Set(security.flatMap(each => Object.values(each).flat()))
    t.ok([...named].every(name => scopes.includes(name)), `${operationId} names the same scope for every credential`)
  }
})

t.test('each operation refuses a key with every scope but the one it names, and accepts a key with only that one', {
  timeout: 120_000
}, async t => {
  const gate = await gateOf(t)
  const { made, send } = await keyMaker(gate)
  const seen = new Set<string>()
  for (const [name, request] of operationsOf(gate).map(each => [each.operation.operationId, each] as const)) {
    const [scope] = scopesOf(request.operation) ?? []
    if (scope === undefined) continue
    seen.add(scope)
    const others = await made(scopeNames.filter(each => each !== scope))
    for (const time of ['at first', 'remembered']) {
      const refused = await send(others, request)
      t.equal(refused.statusCode, 403, `${name} without ${scope}, ${time}: ${refused.body}`)
      const { code, error } = refused.json()
      t.ok([code, error].includes('insufficient_scope') || code === 'access_refused', `${name}: ${code ?? error}`)
      t.equal(refused.headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${scope}"`, name)
      t.ok(refused.body.includes(scope), `${name}: the message names the scope`)
    }
    const alone = await made([scope as Scope])
    for (const time of ['at first', 'remembered']) {
      const accepted = await send(alone, request)
      t.not(accepted.statusCode, 403, `${name} with ${scope} alone, ${time}: ${accepted.body}`)
      t.not(accepted.statusCode, 401, name)
    }
  }
  t.strictSame([...seen].sort(), [...scopeNames].sort(), 'every scope is used')
})

t.test('operations for signed-in people refuse every key', async t => {
  const gate = await gateOf(t)
  const { boss, send } = await keyMaker(gate)
  const { api_key: key } = (await boss.post('/api_key/', {})).json()
  const whole = createClient(gate.app, { headers: { 'x-api-key': key } })
  const personal = operationsOf(gate).filter(({ operation: { security = [] } }) =>
    security.some(each => 'bearer' in each && Object.values(each).flat().some(name =>
      !(scopeNames as readonly string[]).includes(name))))
  t.ok(personal.length >= 8, personal.map(({ operation }) => operation.operationId).join(' '))
  for (const request of personal) {
    t.equal(scopesOf(request.operation), undefined, request.operation.operationId)
    const refused = await send(whole, request)
    t.match({ status: refused.statusCode, body: refused.json() }, { status: 403, body: { code: 'interactive_only' } },
      request.operation.operationId)
  }
})

t.test('operations that accept every key do so with any scope', async t => {
  const gate = await gateOf(t)
  const { made, send } = await keyMaker(gate)
  for (const request of operationsOf(gate)) {
    if (!FOR_EVERY_KEY.includes(request.operation.operationId)) continue
    t.equal((await send(await made(['introspect']), request)).statusCode, 200, request.operation.operationId)
  }
})

t.test('the document describes every scope, and operations without credentials name none', async t => {
  const gate = await gateOf(t)
  const { components } = gate.app.swagger() as { components: { securitySchemes: Record<string, object> } }
  t.match(components.securitySchemes['password'], {
    flows: {
      password: { scopes: Object.fromEntries(Object.entries(grants).map(([name, { summary }]) => [name, summary])) }
    }
  })
  for (const { operation: { operationId, security = [] } } of operationsOf(gate)) {
    const isOpen = security.length === 0 || security.some(each => Object.keys(each).length === 0)
    const names = security.flatMap(each => Object.values(each).flat())
    if (isOpen && !OPEN.includes(operationId)) t.strictSame(names, [], operationId)
  }
})

t.test('the scopes of a key are at most those of its owner', async t => {
  const gate = await gateOf(t)
  const [boss, ada] = [await gate.admin(), await gate.as('ada')]
  const refused = await ada.post('/api_key/', { scopes: ['flows:read', 'users:read', 'users:read'] })
  t.equal(refused.statusCode, 422)
  t.match(refused.json(), {
    detail: [1, 2].map(index => ({ loc: ['body', 'scopes', index], msg: /does not have the scope users:read; it has account:read/ }))
  })
  const unknown = await ada.post('/api_key/', { scopes: ['sessions:read', 'everything'] })
  t.match(unknown.json().detail, [
    { loc: ['body', 'scopes', 0], msg: /'account:read' or/ }, { loc: ['body', 'scopes', 1] }
  ], 'grants of people are no scopes')
  t.equal((await ada.post('/api_key/', { scopes: [] })).statusCode, 422, 'a key without scopes is useless')

  await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })
  const { api_key: key } = (await ada.post('/api_key/', { scopes: ['users:read'] })).json()
  const client = createClient(gate.app, { headers: { 'x-api-key': key } })
  t.equal((await client.get('/users/')).statusCode, 200)
  await boss.patch(`/users/${ada.user.id}`, { is_superuser: false })
  t.match((await client.get('/users/')).json(), { code: 'not_superuser' }, 'a demoted owner takes the scope away')
})

t.test('a key of a superuser needs a scope for the accounts of others', async t => {
  const gate = await gateOf(t)
  const { boss, made } = await keyMaker(gate)
  const ada = await gate.as('ada')
  const reader = await made(['account:read', 'account:write'])
  t.equal((await reader.get(`/users/${boss.user.id}`)).statusCode, 200)
  t.match((await reader.get(`/users/${ada.user.id}`)).json(), {
    code: 'insufficient_scope', detail: 'The API key does not have the scope users:read'
  })
  t.match((await reader.patch(`/users/${ada.user.id}`, { username: 'eve' })).json(), {
    code: 'insufficient_scope', detail: /users:write/
  })
  t.match((await reader.patch(`/users/${boss.user.id}`, { is_superuser: false })).json(), { code: 'insufficient_scope' })
  const writer = await made(['account:write', 'users:write'])
  t.equal((await writer.patch(`/users/${ada.user.id}`, { username: 'ada.l' })).statusCode, 200)
})

t.test('a key needs apps:use for an identity token', async t => {
  const gate = await gateOf(t)
  const { boss } = await keyMaker(gate)
  const exchange = async (scopes: Scope[]) => {
    const { api_key: key } = (await boss.post('/api_key/', { scopes })).json()
    const { payload, headers } = gate.form({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: key,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'langflow'
    })
    return gate.anonymous.post('/oauth2/token', payload, { headers, prefix: '' })
  }
  const refused = await exchange(['flows:read'])
  t.match({ status: refused.statusCode, body: refused.json(), challenge: refused.headers['www-authenticate'] }, {
    status: 403, body: { error: 'insufficient_scope' }, challenge: 'Bearer error="insufficient_scope", scope="apps:use"'
  })
  t.match((await exchange(['flows:read', 'apps:use'])).json(), { scope: 'apps:use flows:read' })
})
