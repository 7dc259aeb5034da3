import t, { type Test } from 'tap'
import { buildApp as build, cookiesOf, createClient, PASSWORD, type TestOptions } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'

type Json = Record<string, unknown>

async function buildApp (t: Test, options: TestOptions = {}) {
  const built = await build(t, options)
  const withKey = (key: string) => createClient(built.app, { headers: { 'x-api-key': key } })
  type Key = { id: string, api_key: string }
  const keyOf = async (client: Pick<typeof built.anonymous, 'post'>, body: object = {}): Promise<Key> =>
    (await client.post('/api_key/', body)).json()
  return { ...built, withKey, keyOf }
}

t.test('the API key of a superuser cannot set passwords, promote or activate accounts', async t => {
  const { as, admin, withKey, keyOf, anonymous, login } = await buildApp(t, {
    env: { LANGFLOW_ENABLE_SIGNUP: 'false', LANGFLOW_NEW_USER_IS_ACTIVE: 'false' }
  })
  const boss = await admin()
  const { id } = (await boss.post('/users/', { username: 'ada', password: PASSWORD })).json()
  const key = withKey((await keyOf(boss, { expires_at: new Date(Date.now() + 60_000).toISOString() })).api_key)
  for (const change of [
    { password: 'chosen by a thief' }, { is_superuser: true }, { is_active: true },
    { is_active: true, is_superuser: true, password: 'chosen by a thief' }
  ]) {
    const answer = await key.patch(`/users/${id}`, change)
    t.equal(answer.statusCode, 403, JSON.stringify(change))
    t.match(answer.json(), { code: 'interactive_only' })
  }
  t.match((await boss.get(`/users/${id}`)).json(), { is_active: false, is_superuser: false })
  t.equal((await key.patch(`/users/${id}`, { is_active: false, is_superuser: false, username: 'ada2' })).statusCode, 200,
    'a form with unchanged roles can change other fields')
  const made = (await key.post('/users/', { username: 'eve', password: PASSWORD })).json()
  t.match(made, { is_active: false, is_superuser: false }, 'an account that it creates is pending approval')
  t.equal((await login('eve', PASSWORD)).statusCode, 400)

  t.equal((await boss.patch(`/users/${id}`, { is_active: true })).statusCode, 200, 'a session can do it')
  t.equal((await key.patch(`/users/${id}`, { is_active: false })).statusCode, 200, 'revoking rights is not an escalation')
  t.equal((await anonymous.post('/users/', { username: 'mallory', password: PASSWORD })).statusCode, 403)
  t.ok(as)
})

t.test('an API key can extend only the keys that it created, and those end with it', async t => {
  const { as, withKey, keyOf } = await buildApp(t)
  const ada = await as('ada')
  const end = new Date(Date.now() + 3_600_000).toISOString()
  const forever = await keyOf(ada)
  const expiring = await keyOf(ada, { expires_at: new Date(Date.now() + 60_000).toISOString() })
  await ada.patch(`/api_key/${forever.id}`, { is_active: false })
  const acting = await keyOf(ada, { expires_at: end })
  const key = withKey(acting.api_key)

  for (const [target, change] of [
    [forever, { is_active: true }], [expiring, { expires_at: end }], [acting, { expires_at: '2099-01-01' }]
  ] as const) {
    t.match((await key.patch(`/api_key/${target.id}`, change)).json(), { code: 'stronger_api_key' }, JSON.stringify(change))
  }
  t.equal((await key.patch(`/api_key/${expiring.id}`, { name: 'renamed', is_active: false })).statusCode, 200)

  const child = await keyOf(key)
  const grandchild = await keyOf(withKey(child.api_key), { expires_at: new Date(Date.now() + 1_800_000).toISOString() })
  const list = (await ada.get('/api_key/')).json().api_keys as Json[]
  t.match(list.find(({ id }) => id === child.id), { made_by: acting.id, expires_at: end })
  t.match(list.find(({ id }) => id === grandchild.id), { made_by: child.id })
  t.match(list.find(({ id }) => id === forever.id), { made_by: null })
  await key.patch(`/api_key/${child.id}`, { is_active: false })
  t.match((await key.patch(`/api_key/${child.id}`, { is_active: true })).json(), { is_active: true }, 'it can change its own keys')

  const earlier = new Date(Date.now() + 600_000).toISOString()
  await ada.patch(`/api_key/${acting.id}`, { expires_at: earlier })
  for (const { id } of [child, grandchild]) {
    const row = ((await ada.get('/api_key/')).json().api_keys as Json[]).find(each => each['id'] === id)
    t.match(row, { expires_at: earlier }, 'regardless of its previous state')
  }
  await ada.patch(`/api_key/${acting.id}`, { is_active: false })
  for (const { api_key: text } of [acting, child, grandchild]) {
    t.match((await withKey(text).get('/users/whoami')).json(), { code: 'inactive_api_key' })
  }
  await ada.delete(`/api_key/${acting.id}`)
  t.match((await withKey(grandchild.api_key).get('/users/whoami')).json(), { code: 'invalid_api_key' })
  t.equal(((await ada.get('/api_key/')).json().api_keys as Json[]).length, 2)
})

t.test('an API key that is being switched off cannot create another one', async t => {
  const { as, withKey, keyOf } = await buildApp(t)
  const ada = await as('ada')
  for (let round = 0; round < 10; round++) {
    const acting = await keyOf(ada)
    await withKey(acting.api_key).get('/users/whoami') // cached from now on
    const [, made] = await Promise.all([
      ada.patch(`/api_key/${acting.id}`, { is_active: false }), withKey(acting.api_key).post('/api_key/', {})
    ])
    const text = made.json().api_key
    if (text === undefined) t.equal(made.statusCode, 403)
    else t.match((await withKey(text).get('/users/whoami')).json(), { code: 'inactive_api_key' })
  }
})

t.test('an expiry set on one replica limits the keys created on another', async t => {
  const database = await openLasting(t)
  const here = await buildApp(t, { database })
  const there = await buildApp(t, { database })
  const ada = await here.as('ada')
  const acting = await here.keyOf(ada, { expires_at: '2099-01-01' })
  const key = there.withKey(acting.api_key)
  t.equal((await key.get('/users/whoami')).statusCode, 200, 'cached for a second from now on')
  const earlier = new Date(Date.now() + 600_000).toISOString()
  await ada.patch(`/api_key/${acting.id}`, { expires_at: earlier })
  t.match((await key.post('/api_key/', {})).json(), { expires_at: earlier, made_by: acting.id })
  t.match((await key.post('/api_key/', { expires_at: '2098-01-01' })).json(), { code: 'stronger_api_key' })
  await ada.patch(`/api_key/${acting.id}`, { is_active: false })
  t.match((await key.post('/api_key/', {})).json(), { code: /^(in)?(active|valid)_api_key$/ })
})

t.test('a password change ends every session and gives the caller a new one', async t => {
  const { app, as, login, anonymous } = await buildApp(t)
  const ada = await as('ada')
  const other = (await login('ada', PASSWORD)).json()
  const refresh = (token: string) => anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: token } })
  // An attacker may have the current tokens of the session and those before the last refresh.
  const present = (await refresh(ada.tokens.refresh_token)).json()
  const own = createClient(app, { headers: { authorization: `Bearer ${present.access_token}` } })
  const change = await own.patch(`/users/${ada.user.id}/reset-password`, {
    current_password: PASSWORD, password: 'my own new pass phrase'
  })
  t.equal(change.statusCode, 200)
  for (const token of [ada.tokens.access_token, present.access_token, other.access_token]) {
    const client = createClient(app, { headers: { authorization: `Bearer ${token}` } })
    t.match((await client.get('/users/whoami')).json(), { code: 'session_ended' })
  }
  for (const token of [ada.tokens.refresh_token, present.refresh_token, other.refresh_token]) {
    t.equal((await refresh(token)).statusCode, 401, 'not within the grace period either')
  }
  const cookies = cookiesOf(change)
  const fresh = createClient(app, { cookies: { access_token_lf: cookies['access_token_lf']?.value ?? '' } })
  t.match((await fresh.get('/users/whoami')).json(), { username: 'ada' })
  t.equal((await refresh(cookies['refresh_token_lf']?.value ?? '')).statusCode, 200)
  t.equal((await fresh.get('/sessions')).json().total_count, 1)
})

t.test('concurrent sign-ins after a change of the hash cost succeed and update the hash', async t => {
  const database = await openLasting(t)
  await (await build(t, { database })).as('ada')
  const { login, db } = await build(t, { database, env: { LANGFLOW_PASSWORD_ITERATIONS: '2' } })
  const hashOf = async () => (await db.user.findFirstOrThrow({ where: { username: 'ada' } })).passwordHash
  t.match(await hashOf(), /\bt=1\b/)
  const answers = await Promise.all(Array.from({ length: 6 }, () => login('ada', PASSWORD)))
  t.strictSame(answers.map(({ statusCode }) => statusCode), Array(6).fill(200))
  t.match(await hashOf(), /\bt=2\b/)
})

t.test('a sign-in checked against an older password creates no session', async t => {
  const { app, as, admin, login } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  for (let round = 0; round < 8; round++) {
    const [old, next] = [`pass phrase of round ${round}`, `pass phrase of round ${round + 1}`]
    if (round === 0) await boss.patch(`/users/${ada.user.id}`, { password: old })
    const [signedIn] = await Promise.all([
      login('ada', old), boss.patch(`/users/${ada.user.id}`, { password: next })
    ])
    if (signedIn.statusCode !== 200) continue
    const client = createClient(app, { headers: { authorization: `Bearer ${signedIn.json().access_token}` } })
    t.match((await client.get('/users/whoami')).json(), { code: 'session_ended' })
  }
})

t.test('a password reset by an administrator ends sessions, switches API keys off and forgets networks', async t => {
  const { as, admin, withKey, keyOf, db, logs } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const [first, second] = [await keyOf(ada), await keyOf(ada)]
  t.equal((await boss.patch(`/users/${ada.user.id}`, { password: 'chosen by the boss' })).statusCode, 200)
  for (const { api_key: key } of [first, second]) {
    t.match((await withKey(key).get('/users/whoami')).json(), { code: 'inactive_api_key' })
  }
  t.match((await ada.get('/users/whoami')).json(), { code: 'session_ended' })
  t.strictSame((await db.user.findUniqueOrThrow({ where: { id: ada.user.id } })).knownNetworks, {})
  const event = logs.map(line => JSON.parse(line)).find(line => line.event === 'password_reset')
  t.match(event, { subject: ada.user.id, api_keys_disabled: 2 })

  const bob = await as('bob')
  const kept = await keyOf(bob)
  await boss.patch(`/users/${bob.user.id}`, { password: 'chosen by the boss', keep_api_keys: true })
  t.equal((await withKey(kept.api_key).get('/users/whoami')).statusCode, 200)
})

t.test('only administrators list and delete the API keys of another account', async t => {
  const { as, admin, withKey, keyOf } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  const keys = [await keyOf(ada), await keyOf(ada), await keyOf(ada)]
  const path = `/users/${ada.user.id}/api_keys`
  const list = await boss.get(path)
  t.match(list.json(), { total_count: 3, user_id: ada.user.id })
  for (const { api_key: key } of keys) t.notMatch(list.body, key)
  for (const [method, url] of [['get', path], ['delete', path], ['delete', `${path}/${keys[0]?.id}`]] as const) {
    t.equal((await bob[method](url)).statusCode, 403)
    t.equal((await ada[method](url)).statusCode, 403)
  }
  t.equal((await boss.delete(`/users/${bob.user.id}/api_keys/${keys[0]?.id}`)).statusCode, 404)
  t.strictSame((await boss.delete(`${path}/${keys[0]?.id}`)).json(), { deleted: 1 })
  t.match((await withKey(keys[0]?.api_key ?? '').get('/users/whoami')).json(), { code: 'invalid_api_key' })
  t.equal((await withKey(keys[1]?.api_key ?? '').get('/users/whoami')).statusCode, 200)
  t.strictSame((await boss.delete(path)).json(), { deleted: 2 })
  t.match((await withKey(keys[1]?.api_key ?? '').get('/users/whoami')).json(), { code: 'invalid_api_key' })
  const missing = '00000000-0000-4000-8000-000000000000'
  for (const method of ['get', 'delete'] as const) {
    t.equal((await boss[method](`/users/${missing}/api_keys`)).statusCode, 404)
  }
})
