import t from 'tap'
import { buildApp, createClient, PASSWORD } from '../helpers/app.ts'

const withKey = (app: Parameters<typeof createClient>[0], key: string) =>
  createClient(app, { headers: { 'x-api-key': key } })

t.test('a superuser creates a service account and its keys, which no person sees again', async t => {
  const { app, admin, logs } = await buildApp(t)
  const boss = await admin()
  const created = await boss.post('/service_accounts', { username: 'nightly-build' })
  t.equal(created.statusCode, 201)
  t.match(created.json(), { username: 'nightly-build', is_active: true, is_superuser: false })
  const { id } = created.json()
  t.match((await boss.get(`/accounts/${id}`)).json(), { is_service: true, status: 'active' })
  const made = await boss.post(`/users/${id}/api_keys`, { name: 'ci', scopes: ['account:read', 'flows:read'] })
  t.match({ status: made.statusCode, body: made.json() }, { status: 200, body: { user_id: id, made_by: null } })
  const { api_key: key, id: keyId } = made.json()
  t.match((await withKey(app, key).get('/users/whoami')).json(), { username: 'nightly-build' })
  t.equal((await boss.get(`/users/${id}/api_keys`)).body.includes(key), false)
  t.match((await boss.patch(`/users/${id}/api_keys/${keyId}`, { name: 'cd' })).json(), { name: 'cd' })
  const rotated = (await boss.post(`/users/${id}/api_keys/${keyId}/rotate`, { overlap_seconds: 0 })).json()
  t.equal((await withKey(app, key).get('/users/whoami')).statusCode, 403)
  t.equal((await withKey(app, rotated.api_key).get('/users/whoami')).statusCode, 200)
  for (const event of ['user_created', 'api_key_created', 'api_key_changed', 'api_key_rotated']) {
    t.ok(logs.some(line => line.includes(`"${event}"`) && line.includes(id) && line.includes(boss.user.id)), event)
  }
})

t.test('a service account has no password and cannot sign in', async t => {
  const { admin, as, login } = await buildApp(t)
  const boss = await admin()
  const { id } = (await boss.post('/service_accounts', { username: 'robot' })).json()
  for (const password of ['', 'x', PASSWORD, 'null', 'langflow']) {
    const refused = await login('robot', password)
    t.ok([401, 422].includes(refused.statusCode), `${password}: ${refused.statusCode}`)
  }
  const [unknown, service] = [await login('nobody', PASSWORD), await login('robot', PASSWORD)]
  const strip = (body: string) => body.replace(/"request_id":"[^"]*"/, '')
  t.equal(strip(service.body), strip(unknown.body), 'the same response as for an unknown username')
  const reset = await boss.patch(`/users/${id}`, { password: PASSWORD })
  t.match({ status: reset.statusCode, body: reset.json() }, { status: 409, body: { code: 'service_account' } })
  t.equal((await login('robot', PASSWORD)).statusCode, 401)
  t.equal((await boss.post('/service_accounts', { username: 'Robot' })).statusCode, 400, 'usernames are unique')
  await as('ada')
  t.equal((await boss.post('/service_accounts', { username: 'ada' })).statusCode, 400)
  t.equal((await boss.post('/service_accounts', { username: ' ' })).statusCode, 422)
})

t.test('it persists when the person who created it leaves', async t => {
  const { app, admin, as } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })
  const { id } = (await ada.post('/service_accounts', { username: 'robot' })).json()
  const { api_key: key } = (await ada.post(`/users/${id}/api_keys`, {})).json()
  const { api_key: own } = (await ada.post('/api_key/', {})).json()
  const statuses = async () => [
    (await withKey(app, own).get('/users/whoami')).statusCode, (await withKey(app, key).get('/users/whoami')).statusCode
  ]
  await boss.patch(`/users/${ada.user.id}`, { is_active: false })
  t.strictSame(await statuses(), [403, 200], 'the key of the deactivated person stops working')
  await boss.delete(`/users/${ada.user.id}`)
  t.strictSame(await statuses(), [403, 200])
  await boss.patch(`/users/${id}`, { is_active: false })
  t.strictSame(await statuses(), [403, 403], 'a service account can be deactivated, too')
  await boss.patch(`/users/${id}`, { is_active: true })
  t.strictSame(await statuses(), [403, 200])
  t.equal((await boss.delete(`/users/${id}`)).statusCode, 200)
  t.strictSame(await statuses(), [403, 403])
})

t.test('people create their own keys: a superuser cannot create, change or rotate them', async t => {
  const { admin, as } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  const { id } = (await ada.post('/api_key/', {})).json()
  const path = `/users/${ada.user.id}/api_keys`
  for (const answer of [
    await boss.post(path, {}), await boss.patch(`${path}/${id}`, { name: 'x' }),
    await boss.post(`${path}/${id}/rotate`, { overlap_seconds: 0 })
  ]) t.match({ status: answer.statusCode, body: answer.json() }, { status: 409, body: { code: 'personal_account' } })
  t.match((await ada.get('/api_key/')).json(), { total_count: 1, api_keys: [{ name: null }] })
  t.equal((await boss.post('/users/00000000-0000-4000-8000-000000000000/api_keys', {})).statusCode, 404)
})

t.test('an API key creates no service accounts, and no plain account does', async t => {
  const { app, admin, as } = await buildApp(t)
  const { api_key: key } = (await (await admin()).post('/api_key/', {})).json()
  t.match((await withKey(app, key).post('/service_accounts', { username: 'robot' })).json(),
    { code: 'interactive_only' })
  t.match((await (await as('ada')).post('/service_accounts', { username: 'robot' })).json(), { code: 'not_superuser' })
})

t.test('a service account with the superuser role is not the last superuser', async t => {
  const { app, admin } = await buildApp(t)
  const boss = await admin()
  const { id } = (await boss.post('/service_accounts', { username: 'robot' })).json()
  t.match((await boss.post(`/users/${id}/api_keys`, { scopes: ['introspect'] })).json().detail,
    [{ loc: ['body', 'scopes', 0] }], 'only superusers have this scope')
  t.match((await boss.patch(`/users/${id}`, { is_superuser: true })).json(), { is_superuser: true })
  const { api_key: key } = (await boss.post(`/users/${id}/api_keys`, { scopes: ['introspect', 'users:write'] })).json()
  t.match((await boss.patch(`/users/${boss.user.id}`, { is_superuser: false })).json(), { code: 'last_superuser' })
  t.match((await withKey(app, key).delete(`/users/${boss.user.id}`)).json(), { code: 'last_superuser' })
  t.equal((await boss.patch(`/users/${id}`, { is_superuser: false })).statusCode, 200)
})

t.test('superusers list all keys by owner, last use and expiry, and never see a key', async t => {
  const { app, admin, as, clock } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  const { id } = (await boss.post('/service_accounts', { username: 'robot' })).json()
  const soon = new Date(clock.now().getTime() + 60_000).toISOString()
  const adas = (await ada.post('/api_key/', { name: 'a', scopes: ['account:read'], expires_at: soon })).json()
  const robots = (await boss.post(`/users/${id}/api_keys`, { name: 'r' })).json()
  await boss.post('/api_key/', { name: 'b' })
  await withKey(app, robots.api_key).get('/users/whoami')
  await app.services.usage.flush()
  const list = async (query: string) => (await boss.get(`/api_keys${query}`)).json()
  const names = async (query: string) => (await list(query)).api_keys.map(({ name }: { name: string }) => name)
  t.strictSame(await names(''), ['a', 'b', 'r'])
  t.strictSame(await names('?sort=-owner'), ['r', 'b', 'a'])
  t.strictSame((await names('?sort=-last_used_at'))[0], 'r')
  t.strictSame((await names('?sort=expires_at'))[0], 'a')
  t.strictSame(await names('?sort=created_at'), ['a', 'r', 'b'])
  t.strictSame(await names('?search=ROB'), ['r'])
  t.strictSame(await names('?search=%25'), [])
  const page = await boss.get('/api_keys?limit=1&skip=1')
  t.match({ body: page.json(), link: page.headers['link'] }, {
    body: { total_count: 3, api_keys: [{ name: 'b' }] }, link: /skip=2/
  })
  t.match(await list('?search=ada'), {
    api_keys: [{
      user_id: ada.user.id, scopes: ['account:read'], expires_at: soon,
      owner: { username: 'ada', is_active: true, is_service: false }
    }]
  })
  const { body } = await boss.get('/api_keys')
  for (const key of [adas.api_key, robots.api_key]) t.notOk(body.includes(key))
  t.match((await ada.get('/api_keys')).json(), { code: 'not_superuser' })
  t.match((await boss.get('/accounts?status=service')).json(),
    { total_count: 1, accounts: [{ user: { username: 'robot' } }] })
})
