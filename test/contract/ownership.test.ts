import t from 'tap'
import { buildApp, type Client, createClient } from '../helpers/app.ts'

const data = { nodes: [], edges: [] }

type Operation = {
  operationId: string, security?: Array<Record<string, string[]>>, parameters?: Array<{ in: string, name: string }>,
  requestBody?: object
}
type Account = Awaited<ReturnType<Awaited<ReturnType<typeof buildApp>>['as']>>
type Row = Record<string, unknown>

type Credential = { headers?: Record<string, string>, cookies?: Record<string, string> }

/** The kinds of credentials of a request. */
const credentials: Record<string, (account: Account) => Promise<Credential>> = {
  bearer: async ({ bearer }) => ({ headers: bearer }),
  cookie: async ({ tokens }) => ({ cookies: { access_token_lf: tokens.access_token } }),
  'api key': async account => ({ headers: { 'x-api-key': (await account.post('/api_key/', {})).json().api_key } })
}

/** The owner's IDs for each path parameter. */
const things: Record<string, (owner: Account) => Promise<string>> = {
  user_id: async owner => owner.user.id,
  api_key_id: async owner => (await owner.post('/api_key/', {})).json().id,
  session_id: async owner => {
    await owner.signInAgain()
    return (await owner.get('/sessions')).json().sessions.find((row: { is_current: boolean }) => !row.is_current).id
  },
  flow_id: async owner => (await owner.post('/flows/', { name: 'x', data })).json().id,
  variable_id: async owner => (await owner.post('/variables/', {
    name: `x${Math.random()}`, value: 'x', default_fields: null
  })).json().id,
  project_id: async owner => (await owner.post('/projects/', { name: 'x' })).json().id
}

/** A valid body for each operation. */
const bodies: Record<string, object> = {
  updateUser: { username: 'stolen' },
  changePassword: { current_password: 'a pass phrase for tests', password: 'another pass phrase' },
  updateApiKey: { is_active: false },
  rotateApiKey: { overlap_seconds: 60 },
  createServiceApiKey: {},
  updateServiceApiKey: { is_active: false },
  rotateServiceApiKey: { overlap_seconds: 60 },
  updateFlow: { name: 'stolen' },
  updateVariable: { id: '00000000-0000-4000-8000-000000000000', name: 'stolen' },
  updateProject: { name: 'stolen' }
}

/** Responses to other users that are not 404. As in Langflow, accounts are 403. */
const answers: Record<string, number> = {
  readUser: 403,
  updateUser: 403,
  deleteUser: 403,
  listUserSessions: 403,
  endUserSessions: 403,
  listUserApiKeys: 403,
  deleteUserApiKeys: 403,
  deleteUserApiKey: 403,
  readUserApiKeyUsage: 403,
  createServiceApiKey: 403,
  updateServiceApiKey: 403,
  rotateServiceApiKey: 403,
  readAccount: 403,
  unlockUser: 403,
  endUserSession: 403
}

/** Routes that are public for anyone who has the ID. */
const forEverybody = new Set(['readPublicFlow'])

/** Whether the document declares a kind of credential for an operation. */
const takes = (security: Operation['security'], kind: string) =>
  security?.some(scheme => kind.replace('api key', 'apiKey') in scheme)

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The path with the owner's IDs. */
async function urlOf (owner: Account, path: string): Promise<string> {
  let url = path
  for (const [place, name = ''] of path.matchAll(/\{(\w+)\}/g)) url = url.replace(place, await things[name]?.(owner) ?? '')
  return url
}

/** Every operation of the document with an ID in its path. */
function operations (app: { swagger: () => object }) {
  const { paths } = app.swagger() as { paths: Record<string, Partial<Record<string, Operation>>> } // as in OpenAPI
  return Object.entries(paths).flatMap(([path, item]) => methods.flatMap(method => {
    const operation = item[method]
    const [name, ...more] = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
    return operation && name ? [{ method, path, name, more, operation }] : []
  }))
}

t.test('this test covers every operation with an ID in its path', async t => {
  const { app } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const all = operations(app)
  t.ok(all.length >= 9)
  for (const { method, path, name, more, operation } of all) {
    t.ok(name in things && more.every(other => other && other in things), `${method} ${path}: has an item for the request`)
    if (operation.requestBody) t.ok(operation.operationId in bodies, `${operation.operationId}: has a body for the request`)
  }
})

for (const [kind, present] of Object.entries(credentials)) {
  t.test(`by ${kind}, another user cannot read or change items of the account`, async t => {
    const { app, as, admin, db } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
    const [owner, other, boss] = [await as('owner'), await as('other'), await admin()]
    const [asOther, asBoss] = [createClient(app, await present(other)), createClient(app, await present(boss))]
    const snapshot = async (): Promise<Row> => ({
      flows: await db.flow.findMany({ orderBy: { id: 'asc' } }),
      projects: await db.project.findMany({ orderBy: { id: 'asc' } }),
      users: await db.user.findMany({ orderBy: { id: 'asc' } }),
      variables: await db.variable.findMany({ orderBy: { id: 'asc' } }),
      sessions: await db.session.findMany({ orderBy: { id: 'asc' } }),
      apiKeys: await db.apiKey.findMany({ orderBy: { id: 'asc' }, omit: { totalUses: true, lastUsedAt: true } })
    })
    const call = (client: Client, method: typeof methods[number], path: string, operationId: string) =>
      client[method](path, bodies[operationId], { prefix: '' })

    for (const { method, path, name, operation: { operationId, security } } of operations(app)) {
      if (forEverybody.has(operationId) || !takes(security, kind)) continue
      const url = await urlOf(owner, path)
      const before = await snapshot()
      // Superusers administer accounts, and have no access to other items.
      for (const [who, client] of Object.entries(name === 'user_id' ? { asOther } : { asOther, asBoss })) {
        const response = await call(client, method, url, operationId)
        t.equal(response.statusCode, answers[operationId] ?? 404, `${operationId} ${who}`)
        t.notMatch(response.body, new RegExp(`${owner.user.id}|"data"`), `${operationId} tells nothing`)
      }
      t.strictSame(await snapshot(), before, `${operationId} changes nothing`)
      if (answers[operationId]) continue
      const missing = path.replace(`{${name}}`, '00000000-0000-4000-8000-000000000000')
      const strip = (body: string) => body.replace(/"request_id":"[^"]*"/, '')
      const [foreign, absent] = [
        await call(asOther, method, url, operationId), await call(asOther, method, missing, operationId)
      ]
      t.equal(strip(foreign.body), strip(absent.body), `${operationId}: the response is the same as for a missing item`)
    }
  })

  t.test(`by ${kind}, a deactivated owner has no access`, async t => {
    const { app, as, admin, db } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
    const [owner, boss] = [await as('owner'), await admin()]
    const ids: Record<string, string> = {}
    for (const [name, make] of Object.entries(things)) ids[name] = await make(owner)
    const client = createClient(app, await present(owner))
    t.equal((await boss.patch(`/users/${owner.user.id}`, { is_active: false })).statusCode, 200)
    const counts = async () => [await db.flow.count(), await db.project.count()]
    const before = await counts()
    for (const { method, path, operation: { operationId } } of operations(app)) {
      if (forEverybody.has(operationId)) continue
      const url = path.replace(/\{(\w+)\}/g, (_, each: string) => ids[each] ?? '')
      const response = await client[method](url, bodies[operationId], { prefix: '' })
      t.ok([401, 403].includes(response.statusCode), `${operationId} returned ${response.statusCode}`)
    }
    t.strictSame(await counts(), before)
  })
}

t.test('the same requests succeed for the owner', async t => {
  const { app, as } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const owner = await as('owner')
  const forSuperusers = new Set(['deleteUser', 'listUserSessions', 'endUserSessions', 'listUserApiKeys',
    'deleteUserApiKeys', 'deleteUserApiKey', 'readUserApiKeyUsage', 'createServiceApiKey', 'updateServiceApiKey',
    'rotateServiceApiKey', 'readAccount', 'unlockUser', 'endUserSession'])
  // It ends the session of the request.
  const isLast = ({ operation }: { operation: Operation }) => Number(operation.operationId === 'changePassword')
  const all = operations(app).toSorted((a, b) => isLast(a) - isLast(b))
  for (const { method, path, operation: { operationId } } of all) {
    if (forEverybody.has(operationId) || forSuperusers.has(operationId)) continue
    const url = await urlOf(owner, path)
    const response = await owner[method](url, bodies[operationId], { prefix: '' })
    t.ok(response.statusCode < 300, `${operationId} returned ${response.statusCode}`)
  }
})

t.test('IDs of another account in bodies and query strings give no access', async t => {
  const { as, db } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const [owner, other] = [await as('owner'), await as('other')]
  const [flow, project] = [await things['flow_id'](owner), await things['project_id'](owner)]
  const before = await db.flow.findMany()
  t.match((await other.delete('/flows/', [flow])).json(), { deleted: 0 })
  t.equal((await other.post('/flows/download/', [flow])).statusCode, 404)
  t.match((await other.get(`/flows/?get_all=false&folder_id=${project}`)).json(), { total: 0, items: [] })
  await other.post('/projects/', { name: 'mine', flows_list: [flow], components_list: [flow] })
  const [own] = (await other.get('/projects/')).json()
  await other.patch(`/projects/${own.id}`, { flows: [flow], components: [flow] })
  t.strictSame(await db.flow.findMany(), before)
  const planted = (await other.post('/flows/', { name: 'x', folder_id: project, user_id: owner.user.id })).json()
  t.match(planted, { user_id: other.user.id })
  t.equal((await other.patch(`/flows/${planted.id}`, { folder_id: project })).statusCode, 404)
  t.equal((await owner.get(`/projects/${project}`)).json().flows.length, 0)
  t.equal((await other.get('/flows/')).json().length, 1)
})
