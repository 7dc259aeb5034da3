import t from 'tap'
import { API_KEY_PATTERN, generateApiKey, isApiKey } from '../../src/crypto/api-keys.ts'
import { ADMIN, buildApp, createClient, PASSWORD } from '../helpers/app.ts'
import { countStatements, openMemory } from '../helpers/database.ts'

type Built = Awaited<ReturnType<typeof buildApp>>
type Key = { id: string, api_key: string, user_id: string, total_uses: number }

const keyOf = async (client: Pick<Built['anonymous'], 'post'>, body: object = {}): Promise<Key> =>
  (await client.post('/api_key/', body)).json()
const withKey = (app: Built['app'], key: string) => createClient(app, { headers: { 'x-api-key': key } })

t.test('an API key is shown once, acts as its owner, and is masked afterwards', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  const response = await ada.post('/api_key/', {
    name: 'ci', total_uses: 99, is_active: false, user_id: '00000000-0000-4000-8000-000000000000', api_key: 'mine'
  })
  t.equal(response.statusCode, 200)
  const created = response.json()
  t.match(created.api_key, API_KEY_PATTERN)
  t.equal(created.api_key.length, 46)
  t.strictSame(created, {
    id: created.id,
    name: 'ci',
    user_id: ada.user.id,
    is_active: true,
    made_by: null,
    total_uses: 0,
    last_used_at: null,
    created_at: created.created_at,
    expires_at: null,
    api_key: created.api_key
  }, 'fields that the server sets are ignored')

  const whoami = await withKey(app, created.api_key).get('/users/whoami')
  t.match(whoami.json(), { id: ada.user.id })
  const list = (await ada.get('/api_key/')).json()
  t.match(list, { total_count: 1, user_id: ada.user.id })
  t.equal(list.api_keys[0].api_key, created.api_key.slice(0, 8) + '*'.repeat(38))
  t.equal(list.api_keys[0].last_characters, created.api_key.slice(-4))
  t.notMatch(JSON.stringify(list), created.api_key)
  t.equal((await ada.get('/api_key')).statusCode, 200)
})

t.test('names of API keys are optional and may repeat', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  for (const body of [{}, { name: null }, { name: '' }, { name: '<b>x</b> 🔑' }, { name: 'x' }, { name: 'x' }]) {
    t.equal((await ada.post('/api_key/', body)).statusCode, 200, JSON.stringify(body))
  }
  for (const body of [{ name: 1 }, { name: 'a\u0000' }, { name: '\ud800' }, { name: 'x'.repeat(257) }, [],
    { expires_at: 'soon' }, { expires_at: '2026-02-30' }, { expires_at: 1 }, { expires_at: '2027-01-01T25:00:00Z' }]) {
    t.equal((await ada.post('/api_key/', body)).statusCode, 422, JSON.stringify(body).slice(0, 40))
  }
  t.equal((await ada.post('/api_key/')).statusCode, 422, 'a body is required')
})

t.test('users, including superusers, see and change only their own API keys', async t => {
  const { app, as, admin } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  const { id, api_key: key } = await keyOf(ada)
  const { api_key: bobsKey } = await keyOf(bob)
  for (const client of [bob, boss, withKey(app, bobsKey)]) {
    t.notMatch((await client.get('/api_key/')).body, id)
    const deleted = await client.delete(`/api_key/${id}`)
    t.equal(deleted.statusCode, 404)
    t.match(deleted.json(), { detail: 'API Key not found', code: 'api_key_not_found' })
    t.equal((await client.patch(`/api_key/${id}`, { is_active: false })).statusCode, 404)
  }
  t.equal((await withKey(app, key).get('/users/whoami')).statusCode, 200, 'the key still works')
  t.equal((await ada.delete('/api_key/1')).statusCode, 422)
  t.strictSame((await ada.delete(`/api_key/${id}`)).json(), { detail: 'API Key deleted' })
  t.equal((await ada.delete(`/api_key/${id}`)).statusCode, 404)
  t.match((await withKey(app, key).get('/users/whoami')).json(), { detail: 'Invalid API key', code: 'invalid_api_key' })
})

t.test('each kind of invalid API key has an error code', async t => {
  const { app, as, admin, clock } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const { id, api_key: key } = await keyOf(ada, { expires_at: soon })
  const client = withKey(app, key)
  const refusal = async () => {
    const response = await client.get('/users/whoami')
    t.equal(response.statusCode, 403)
    t.notOk(response.headers['www-authenticate'])
    t.equal(response.json().detail, 'Invalid API key')
    return response.json().code
  }
  t.equal((await client.get('/users/whoami')).statusCode, 200)

  t.match((await ada.patch(`/api_key/${id}`, { is_active: false, name: 'off' })).json(), { is_active: false, name: 'off' })
  t.equal(await refusal(), 'inactive_api_key')
  t.match((await ada.patch(`/api_key/${id}`, { is_active: true, expires_at: null })).json(), { expires_at: soon })
  t.equal((await client.get('/users/whoami')).statusCode, 200)

  await boss.patch(`/users/${ada.user.id}`, { is_active: false })
  t.equal(await refusal(), 'inactive_key_owner')
  await boss.patch(`/users/${ada.user.id}`, { is_active: true })
  t.equal((await client.get('/users/whoami')).statusCode, 200, 'works again after reactivation')

  clock.advance(3601)
  t.equal(await refusal(), 'expired_api_key')
  await (await admin()).delete(`/users/${ada.user.id}`)
  t.equal(await refusal(), 'invalid_api_key')
})

t.test('an expiry is accepted in every format of Langflow, and rejected if it is in the past', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  for (const [text, moment] of [
    ['2031-01-31T12:00:00Z', '2031-01-31T12:00:00.000Z'], ['2031-01-31T12:00:00+02:00', '2031-01-31T10:00:00.000Z'],
    ['2031-01-31T12:00:00', '2031-01-31T12:00:00.000Z'], ['2031-01-31', '2031-01-31T00:00:00.000Z']
  ]) t.match((await ada.post('/api_key/', { expires_at: text })).json(), { expires_at: moment }, text)
  for (const passed of ['2001-01-01', '0001-01-01T00:00:00Z', new Date().toISOString()]) {
    const refused = await ada.post('/api_key/', { expires_at: passed })
    t.equal(refused.statusCode, 422, passed)
    t.match(refused.json(), { detail: [{ loc: ['body', 'expires_at'], msg: 'Expiry must be in the future' }] })
  }
})

t.test('an API key cannot create a stronger one or change the password of its owner', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  const limit = '2031-01-01T00:00:00.000Z'
  const { id, api_key: key } = await keyOf(ada, { expires_at: limit })
  const client = withKey(app, key)
  t.match((await client.post('/api_key/', {})).json(), { expires_at: limit }, 'the key that it created ends with it')
  t.match((await client.post('/api_key/', { expires_at: '2030-01-01' })).json(), { expires_at: /^2030/ })
  t.match((await client.post('/api_key/', { expires_at: '2032-01-01' })).json(), { code: 'stronger_api_key' })
  t.match((await client.patch(`/api_key/${id}`, { expires_at: '2032-01-01' })).json(), { code: 'stronger_api_key' })
  const change = await client.patch(`/users/${ada.user.id}/reset-password`, {
    current_password: PASSWORD, password: 'another pass phrase'
  })
  t.equal(change.statusCode, 403)
  t.match(change.json(), { detail: 'Sign in interactively to change your password' })
})

t.test('an API key acts as its owner on superuser routes, and is not a session', async t => {
  const { app, admin, as } = await buildApp(t)
  const boss = await admin()
  const [{ api_key: key }, { api_key: plain }] = [await keyOf(boss), await keyOf(await as('ada'))]
  t.equal((await withKey(app, key).get('/users/')).statusCode, 200)
  t.equal((await withKey(app, plain).get('/users/')).statusCode, 403)
  t.match((await withKey(app, key).get('/session')).json(), { authenticated: false })
  t.match((await withKey(app, key).get('/config')).json(), { type: 'full' })
  const asBearer = await createClient(app, { headers: { authorization: `Bearer ${key}` } }).get('/users/whoami')
  t.equal(asBearer.statusCode, 401)
})

t.test('API keys in the URL are rejected with a hint, unless the setting allows them', async t => {
  const closed = await buildApp(t)
  const { api_key: key } = await keyOf(await closed.as('ada'))
  const refused = await closed.anonymous.get(`/users/whoami?x-api-key=${key}`)
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { code: 'api_key_in_query', detail: /header x-api-key/ })

  const open = await buildApp(t, { env: { LANGFLOW_ALLOW_API_KEY_IN_QUERY: 'true' } })
  const { api_key: good } = await keyOf(await open.as('ada'))
  const status = async (url: string, headers = {}) => (await open.anonymous.get(url, undefined, { headers })).statusCode
  t.equal(await status(`/users/whoami?x-api-key=${good}`), 200)
  t.equal(await status('/users/whoami?x-api-key=bad', { 'x-api-key': good }), 403, 'the query comes before the header')
  t.equal(await status('/users/whoami?x-api-key=', { 'x-api-key': good }), 200, 'an empty one counts as absent')
  t.equal(await status(`/users/whoami?x-api-key=${good}&x-api-key=${good}`), 200, 'two equal values count once')
  t.equal(await status(`/users/whoami?x-api-key=${good}&x-api-key=${good}x`), 403, 'two different values are rejected')
  t.notOk(open.logs.join('').includes(good), 'the log does not contain the key')
})

t.test('a million mistyped or invented API keys cause no query', async t => {
  const database = await openMemory()
  const reads = countStatements(database)
  const { app, as } = await buildApp(t, { database })
  const { api_key: key } = await keyOf(await as('ada'))
  const before = reads.count
  const headers = ['x', `${key}x`, key.slice(0, -1), '*', 'sk-*', `${key}, ${key}x`, 'sk-' + 'a'.repeat(43), 'ü'.repeat(46)]
  for (const value of headers) {
    const { statusCode } = await withKey(app, value).get('/users/whoami')
    t.ok([400, 403].includes(statusCode), `${value.slice(0, 10)} returned ${statusCode}`)
  }
  let wellFormed = 0
  for (let i = 0; i < 1_000_000; i++) {
    const flipped = key.slice(0, 3) + i.toString(36).padStart(37, '0') + key.slice(-6)
    if (isApiKey(flipped)) wellFormed++
  }
  t.equal(wellFormed, 0)
  t.equal(reads.count, before)
  t.ok(Array.from({ length: 1000 }, generateApiKey).every(isApiKey), 'valid keys are recognized by their form')
})

t.test('the number of API keys is limited', async t => {
  const { as } = await buildApp(t, { env: { LANGFLOW_MAX_API_KEYS_PER_USER: '2' } })
  const ada = await as('ada')
  await keyOf(ada)
  await keyOf(ada)
  const third = await ada.post('/api_key/', {})
  t.equal(third.statusCode, 400)
  t.match(third.json(), { code: 'too_many_api_keys' })
})

t.test('an API key created during the deletion of its account does not remain', async t => {
  const { as, admin, db } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const answers = await Promise.all([
    ...Array.from({ length: 10 }, () => ada.post('/api_key/', {})),
    boss.delete(`/users/${ada.user.id}`),
    ...Array.from({ length: 10 }, () => ada.post('/api_key/', {}))
  ])
  t.ok(answers.every(({ statusCode }) => statusCode < 500))
  t.equal(await db.apiKey.count(), 0)
})

t.test('the store key is stored encrypted and sent to the browser as ciphertext', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const response = await ada.post('/api_key/store', { api_key: 'the store key of ada' })
  t.strictSame(response.json(), { detail: 'API Key saved' })
  const cookie = response.cookies.find(({ name }) => name === 'apikey_tkn_lflw')
  t.match(cookie?.value, /^gAAAAA/)
  const { storeApiKey } = await db.user.findUniqueOrThrow({ where: { id: ada.user.id } })
  t.match(storeApiKey, /^fg1:/)
  t.notMatch(storeApiKey, 'the store key')
  t.equal((await ada.get('/users/whoami')).json().store_api_key, null)
  t.equal((await ada.post('/api_key/store', { api_key: '' })).statusCode, 422)
})

t.test('with auto login, requests without credentials get a hint or access', async t => {
  const asking = await buildApp(t, { env: { LANGFLOW_AUTO_LOGIN: 'true' } })
  const refused = (await asking.anonymous.get('/users/whoami')).json()
  t.match(refused, { detail: 'No authentication credentials provided', hint: /GET \/api\/v1\/auto_login.*x-api-key/ })

  const open = await buildApp(t, { env: { LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_SKIP_AUTH_AUTO_LOGIN: 'true' } })
  t.match((await open.anonymous.get('/users/whoami')).json(), { username: ADMIN.username, is_superuser: true })
  t.equal((await withKey(open.app, 'bad').get('/users/whoami')).statusCode, 403, 'an invalid key is rejected')
  const bad = { headers: { authorization: 'Bearer bad' } }
  t.equal((await open.anonymous.get('/users/whoami', undefined, bad)).statusCode, 401, 'an invalid token is rejected')
  t.match((await open.anonymous.get('/session')).json(), { authenticated: false })
  t.equal((await open.anonymous.post('/users/', { username: 'ada', password: PASSWORD })).statusCode, 403)
})
