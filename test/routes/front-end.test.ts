import t from 'tap'
import { buildApp } from '../helpers/app.ts'

t.test('the start requests of the Langflow web client are answered', async t => {
  const { anonymous } = await buildApp(t)
  const answers: Record<string, unknown> = {
    '/flows/basic_examples/': [],
    '/starter-projects/': [],
    '/all': {},
    '/all?force_refresh=true': {},
    '/store/check/': { enabled: false },
    '/store/check/api_key': { has_api_key: false, is_valid: false },
    '/store/tags': [],
    '/store/components/?page=1&limit=10': { count: 0, authorized: false, results: [] },
    '/files/profile_pictures/list': { files: [] }
  }
  for (const [path, expected] of Object.entries(answers)) {
    const response = await anonymous.get(path)
    t.strictSame([response.statusCode, response.json()], [200, expected], path)
  }
})

t.test('routes with account data require credentials', async t => {
  const { as, anonymous } = await buildApp(t)
  const ada = await as('ada')
  for (const path of ['/monitor/messages?flow_id=x', '/monitor/builds', '/monitor/transactions']) {
    t.equal((await anonymous.get(path)).statusCode, 403, path)
    t.strictSame((await ada.get(path)).json(), [], path)
  }
  const ofVersion2 = { prefix: '/api/v2' }
  t.equal((await anonymous.get('/mcp/servers', undefined, ofVersion2)).statusCode, 403)
  t.strictSame((await ada.get('/mcp/servers', undefined, ofVersion2)).json(), [])
  t.equal((await anonymous.post('/authz/me/permissions', { resource_type: 'flow', resource_ids: [] })).statusCode, 403)
})

t.test('users have all permissions on their own items and none on those of others', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const mine = (await ada.post('/flows/', { name: 'x' })).json()
  const his = (await bob.post('/flows/', { name: 'x' })).json()
  const ask = async (body: object) => (await ada.post('/authz/me/permissions', body)).json()
  t.strictSame(await ask({ resource_type: 'flow', resource_ids: [mine.id, his.id, mine.folder_id, his.folder_id] }), {
    resource_type: 'flow',
    permissions: {
      [mine.id]: ['read', 'write', 'create', 'delete', 'execute'],
      [his.id]: [],
      [mine.folder_id]: ['read', 'write', 'create', 'delete', 'execute'],
      [his.folder_id]: []
    }
  })
  const asked = await ask({ resource_type: 'flow', resource_ids: [mine.id, his.id], actions: ['write', 'deploy'] })
  t.strictSame(asked.permissions, { [mine.id]: ['write', 'deploy'], [his.id]: [] })
  const odd = { resource_type: 'flow', resource_ids: ['__proto__'] }
  for (const body of [{}, odd, { resource_type: 1, resource_ids: [] }]) {
    t.equal((await ada.post('/authz/me/permissions', body)).statusCode, 422)
  }
})

t.test('/config reports sign-up and auto login', async t => {
  const seen = async (env: Record<string, string>) => {
    const { auto_login: autoLogin, signup_enabled: signup } =
      (await (await buildApp(t, { env })).anonymous.get('/config')).json()
    return { autoLogin, signup }
  }
  t.strictSame(await seen({}), { autoLogin: false, signup: true })
  t.strictSame(await seen({ LANGFLOW_ENABLE_SIGNUP: 'false' }), { autoLogin: false, signup: false })
  t.strictSame(await seen({ LANGFLOW_AUTO_LOGIN: 'true' }), { autoLogin: true, signup: false })
})
