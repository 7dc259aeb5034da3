import t from 'tap'
import { ADMIN, buildApp, PASSWORD } from '../helpers/app.ts'

t.test('a created account has the expected fields and no password', async t => {
  const { anonymous } = await buildApp(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const response = await anonymous.post('/users/', {
    username: 'ada', password: PASSWORD, is_superuser: true, is_active: true, id: '00000000-0000-4000-8000-000000000000'
  })
  t.equal(response.statusCode, 201)
  const user = response.json()
  t.equal(response.headers.location, `/api/v1/users/${user.id}`)
  t.strictSame(user, {
    id: user.id,
    username: 'ada',
    profile_image: null,
    store_api_key: null,
    is_active: false,
    is_superuser: false,
    create_at: user.create_at,
    updated_at: user.updated_at,
    last_login_at: null,
    optins: { github_starred: false, dialog_dismissed: false, discord_clicked: false }
  })
  t.not(user.id, '00000000-0000-4000-8000-000000000000')
  t.match(user.create_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
})

t.test('usernames are unique regardless of case and width', async t => {
  const { anonymous } = await buildApp(t)
  t.equal((await anonymous.post('/users/', { username: 'Ada', password: PASSWORD })).statusCode, 201)
  for (const username of ['Ada', 'ada', 'ADA', 'Ａｄａ']) {
    const response = await anonymous.post('/users/', { username, password: PASSWORD })
    t.equal(response.statusCode, 400, username)
    t.match(response.json(), { detail: 'This username is unavailable.', code: 'username_taken' })
  }
  const five = await Promise.all(Array.from({ length: 5 }, () =>
    anonymous.post('/users/', { username: 'grace', password: PASSWORD })))
  t.strictSame(five.map(({ statusCode }) => statusCode).sort(), [201, 400, 400, 400, 400])
})

t.test('invalid usernames and passwords are rejected with the reason', async t => {
  const { anonymous } = await buildApp(t)
  const cases: Array<[string, string, string]> = [
    ['', PASSWORD, 'username'], ['   ', PASSWORD, 'username'], [' ada', PASSWORD, 'username'],
    ['a\u0000b', PASSWORD, 'username'], ['a\u200bb', PASSWORD, 'username'], ['x'.repeat(65), PASSWORD, 'username'],
    ['ada', 'short', 'password'], ['ada-lovelace', 'Ada-Lovelace', 'password'], ['ada', ' '.repeat(12), 'password'],
    ['ada', 'password', 'password'], ['ada', 'x'.repeat(257), 'password']
  ]
  for (const [username, password, field] of cases) {
    const response = await anonymous.post('/users/', { username, password })
    t.equal(response.statusCode, 422, JSON.stringify([username.slice(0, 10), field]))
    t.match(response.json(), { code: 'invalid_request', detail: [{ loc: ['body', field], msg: String }] })
    t.notMatch(response.body, PASSWORD, 'the response does not repeat the input')
  }
  t.match((await anonymous.post('/users/', { username: 1, password: null })).json().detail, [
    { type: 'string_type', loc: ['body', 'username'] }, { type: 'string_type', loc: ['body', 'password'] }])
  t.match((await anonymous.post('/users/', '{', { headers: { 'content-type': 'application/json' } })).json().detail,
    [{ type: 'json_invalid' }])
})

t.test('sign-up can be disabled, and pending accounts are limited', async t => {
  const closed = await buildApp(t, { env: { LANGFLOW_ENABLE_SIGNUP: 'false' } })
  const refused = await closed.anonymous.post('/users/', { username: 'ada', password: PASSWORD })
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { detail: 'Public user registration is disabled.' })
  t.equal((await (await closed.admin()).post('/users/', { username: 'ada', password: PASSWORD })).statusCode, 201)

  const bounded = await buildApp(t, {
    env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false', LANGFLOW_MAX_PENDING_ACCOUNTS: '1' }
  })
  t.equal((await bounded.anonymous.post('/users/', { username: 'a1', password: PASSWORD })).statusCode, 201)
  t.equal((await bounded.anonymous.post('/users/', { username: 'a2', password: PASSWORD })).statusCode, 429)
  t.equal((await (await bounded.admin()).post('/users/', { username: 'a2', password: PASSWORD })).statusCode, 201)
})

t.test('superusers list, page and search accounts', async t => {
  const { as, admin } = await buildApp(t)
  const ada = await as('ada')
  for (const name of ['bea', 'b_b', 'b%b', 'cleo']) await as(name)
  const boss = await admin()
  t.equal((await ada.get('/users/')).statusCode, 403)
  t.match((await ada.get('/users/')).json(), { detail: "The user doesn't have enough privileges" })

  const names = async (query: string) => {
    const { total_count: total, users } = (await boss.get(`/users/${query}`)).json()
    return [total, ...users.map(({ username }: { username: string }) => username)]
  }
  t.strictSame(await names('?limit=2'), [6, 'ada', 'administrator'])
  t.strictSame(await names('?skip=5'), [6, 'cleo'])
  t.strictSame(await names('?skip=99'), [6])
  t.strictSame(await names('?search=EA'), [1, 'bea'])
  t.strictSame(await names('?search=%25'), [1, 'b%b'])
  t.strictSame(await names('?search=_'), [1, 'b_b'])
  t.equal((await boss.get('/users?limit=1')).statusCode, 200, 'also without the slash')
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'skip=-1', 'skip=99999999999999999999']) {
    t.equal((await boss.get(`/users/?${query}`)).statusCode, 422, query)
  }
  t.match((await boss.get('/users/?limit=abc')).json().detail, [{ type: 'int_parsing', loc: ['query', 'limit'] }])
})

t.test('the list of accounts can be sorted both ways and filtered by pending approval', async t => {
  const { anonymous, admin, login, clock } = await buildApp(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const boss = await admin()
  for (const username of ['cleo', 'ada', 'bea', 'dora']) {
    clock.advance(60)
    await anonymous.post('/users/', { username, password: PASSWORD })
  }
  const names = async (query: string): Promise<string[]> =>
    (await boss.get(`/users/?${query}`)).json().users.map(({ username }: { username: string }) => username)
  const change = async (username: string, changes: object) => {
    const [{ id }] = (await boss.get(`/users/?search=${username}`)).json().users
    t.equal((await boss.patch(`/users/${id}`, changes)).statusCode, 200)
  }
  await change('cleo', { is_active: true, is_superuser: true })
  await change('dora', { is_active: true })
  clock.advance(60)
  await login('dora', PASSWORD)
  await change('dora', { is_active: false })

  const orders = {
    username: 'ada administrator bea cleo dora',
    create_at: 'administrator cleo ada bea dora',
    is_active: 'ada bea dora administrator cleo',
    is_superuser: 'ada bea dora administrator cleo'
  }
  for (const [sort, expected] of Object.entries(orders)) {
    t.strictSame(await names(`sort=${sort}`), expected.split(' '), sort)
    t.strictSame(await names(`sort=-${sort}`), expected.split(' ').reverse(), `-${sort}`)
  }
  t.strictSame((await names('sort=-last_login_at')).slice(0, 2), ['dora', 'administrator'], 'never comes last')
  t.strictSame((await names('sort=last_login_at')).slice(-2), ['administrator', 'dora'], 'or first')
  t.strictSame(await names('waiting=true'), ['ada', 'bea'], 'accounts that were approved once are not pending')
  t.strictSame(await names('waiting=true&search=BE'), ['bea'])
  for (const query of ['sort=password', 'sort=', 'sort=id', 'sort=--username', 'waiting=perhaps']) {
    t.equal((await boss.get(`/users/?${query}`)).statusCode, 422, query)
  }
})

t.test('users read their own account, superusers every account', async t => {
  const { as, admin } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  t.equal((await ada.get('/users/whoami')).json().username, 'ada')
  t.equal((await ada.get(`/users/${ada.user.id}`)).statusCode, 200)
  t.equal((await ada.get(`/users/${ada.user.id.toUpperCase()}`)).statusCode, 200, 'IDs are unambiguous')
  t.equal((await ada.get(`/users/${bob.user.id}`)).statusCode, 403)
  t.equal((await boss.get(`/users/${bob.user.id}`)).statusCode, 200)
  t.equal((await boss.get('/users/00000000-0000-4000-8000-000000000000')).statusCode, 404)
  t.match((await boss.get('/users/1')).json().detail, [{ type: 'uuid_parsing', loc: ['path', 'user_id'] }])
})

t.test('users cannot promote themselves or change others; null leaves fields unchanged', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const change = (body: object) => ada.patch(`/users/${ada.user.id}`, body)
  t.equal((await change({ is_superuser: true })).statusCode, 403)
  t.equal((await change({ is_active: true })).statusCode, 403)
  t.match((await change({ is_active: false })).json(), { detail: "You can't deactivate your own user account" })
  t.match((await change({ password: 'another pass phrase' })).json(), { detail: "You can't change your password here" })
  t.match((await ada.patch(`/users/${bob.user.id}`, { username: 'eve' })).json(), { detail: 'Permission denied' })

  const changed = await change({
    username: 'ada2', profile_image: 'cat.svg', optins: { github_starred: true }, password: '', is_active: null,
    last_login_at: '2001-01-01T00:00:00Z', create_at: '2001-01-01T00:00:00Z'
  })
  t.equal(changed.statusCode, 200)
  t.match(changed.json(), { username: 'ada2', profile_image: 'cat.svg', optins: { github_starred: true } })
  t.notMatch(changed.json().last_login_at, /^2001/)
  t.notMatch(changed.json().create_at, /^2001/)
  t.match((await change({ username: null })).json(), { username: 'ada2' })
  t.equal((await change({ username: 'BOB' })).statusCode, 400)
  t.equal((await change({ optins: { x: 'y' } })).statusCode, 422)
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, true]))
  t.equal((await change({ optins: many })).statusCode, 422)
})

t.test('superusers change other accounts; deactivation and password resets end access immediately', async t => {
  const { as, admin, login } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  t.match((await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })).json(), { is_superuser: true })
  t.equal((await ada.get('/users/')).statusCode, 200, 'the role applies immediately')
  await boss.patch(`/users/${ada.user.id}`, { is_superuser: false })
  t.equal((await ada.get('/users/')).statusCode, 403)

  await boss.patch(`/users/${ada.user.id}`, { is_active: false })
  t.equal((await ada.get('/users/whoami')).statusCode, 401)
  await boss.patch(`/users/${ada.user.id}`, { is_active: true })
  t.equal((await ada.get('/users/whoami')).statusCode, 401, 'access stays revoked after reactivation')

  const again = await as('ada')
  t.equal((await boss.patch(`/users/${ada.user.id}`, { password: 'chosen by the boss' })).statusCode, 200)
  t.equal((await again.get('/users/whoami')).statusCode, 401)
  t.equal((await login('ada', PASSWORD)).statusCode, 401)
  t.equal((await login('ada', 'chosen by the boss')).statusCode, 200)
  t.equal((await boss.patch('/users/00000000-0000-4000-8000-000000000000', { is_active: true })).statusCode, 404)
})

t.test('the last active superuser cannot be removed', async t => {
  const { as, admin } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const demotion = await boss.patch(`/users/${boss.user.id}`, { is_superuser: false })
  t.equal(demotion.statusCode, 409)
  t.match(demotion.json(), { code: 'last_superuser' })

  await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })
  const both = await Promise.all([
    boss.patch(`/users/${ada.user.id}`, { is_superuser: false }),
    ada.patch(`/users/${boss.user.id}`, { is_superuser: false })
  ])
  t.equal(both.filter(({ statusCode }) => statusCode === 200).length, 1, 'one superuser remains')
})

t.test('a password change requires the current password and ends all previous sessions', async t => {
  const { as, login, anonymous } = await buildApp(t)
  const [ada, elsewhere, bob] = [await as('ada'), await as('ada'), await as('bob')]
  const change = (body: object, client = ada) => client.patch(`/users/${ada.user.id}/reset-password`, body)
  const next = 'another pass phrase'
  t.match((await change({ current_password: 'wrong', password: next })).json(),
    { detail: 'Current password is incorrect' })
  t.match((await change({ current_password: PASSWORD, password: PASSWORD })).json(),
    { detail: "You can't use your current password" })
  t.equal((await change({ current_password: PASSWORD, password: 'short' })).statusCode, 422)
  t.equal((await change({ password: next })).statusCode, 422)
  t.equal((await change({ current_password: PASSWORD, password: next }, bob)).statusCode, 404)

  const changed = await change({ current_password: PASSWORD, password: next })
  t.equal(changed.statusCode, 200)
  t.equal(changed.json().username, 'ada')
  const fresh = changed.cookies.find(({ name }) => name === 'refresh_token_lf')?.value ?? ''
  t.not(fresh, ada.tokens.refresh_token)
  const refreshed = await anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: fresh } })
  t.equal(refreshed.statusCode, 200, 'the new session is in the response')
  t.equal((await ada.get('/users/whoami')).statusCode, 401)
  t.equal((await elsewhere.get('/users/whoami')).statusCode, 401)
  t.equal((await login('ada', PASSWORD)).statusCode, 401)
  t.equal((await login('ada', next)).statusCode, 200)
})

t.test('superusers delete other accounts, not their own, and their tokens are revoked', async t => {
  const { as, admin, login, db } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  t.equal((await ada.delete(`/users/${bob.user.id}`)).statusCode, 403)
  t.match((await boss.delete(`/users/${boss.user.id}`)).json(), { detail: "You can't delete your own user account" })
  const deleted = await boss.delete(`/users/${ada.user.id}`)
  t.equal(deleted.statusCode, 200)
  t.strictSame(deleted.json(), { detail: 'User deleted' })
  t.equal((await ada.get('/users/whoami')).statusCode, 401)
  t.equal((await login('ada', PASSWORD)).statusCode, 401)
  t.equal((await boss.delete(`/users/${ada.user.id}`)).statusCode, 404)
  t.equal(await db.session.count({ where: { userId: ada.user.id } }), 0)
  await as('ada')
  t.equal((await ada.get('/users/whoami')).statusCode, 401, 'a reused username gives no access to the old account')
  t.equal((await login(ADMIN.username, ADMIN.password)).statusCode, 200)
})

t.test('a setting makes the current password optional', async t => {
  const { as, login } = await buildApp(t, { env: { LANGFLOW_REQUIRE_CURRENT_PASSWORD: 'false' } })
  const ada = await as('ada')
  const change = (body: object) => ada.patch(`/users/${ada.user.id}/reset-password`, body)
  t.match((await change({ current_password: 'wrong', password: 'another pass phrase' })).json(),
    { code: 'wrong_current_password' }, 'a current password that is sent must be correct')
  t.equal((await change({ password: 'another pass phrase' })).statusCode, 200)
  t.equal((await login('ada', 'another pass phrase')).statusCode, 200)
})
