import { decodeJwt } from '../helpers/jwt.ts'
import t from 'tap'
import { ADMIN, buildApp, cookiesOf, createClient, PASSWORD } from '../helpers/app.ts'

t.test('a sign-in returns both tokens, in the body and as cookies', async t => {
  const { login } = await buildApp(t)
  const response = await login(ADMIN.username, ADMIN.password)
  t.equal(response.statusCode, 200)
  const body = response.json()
  t.strictSame(Object.keys(body).sort(), ['access_token', 'refresh_token', 'token_type'])
  t.equal(body.token_type, 'bearer')
  const access = decodeJwt(body.access_token)
  t.match(access, { type: 'access', iss: 'flowgate', sub: /^[0-9a-f-]{36}$/, sid: String, jti: String })
  t.equal(Number(access.exp) - Number(access.iat), 3600)
  const refresh = decodeJwt(body.refresh_token)
  t.equal(refresh.type, 'refresh')
  t.equal(Number(refresh.exp) - Number(refresh.iat), 604_800)

  const cookies = cookiesOf(response)
  t.equal(cookies.access_token_lf?.value, body.access_token)
  t.equal(cookies.refresh_token_lf?.value, body.refresh_token)
  t.equal(cookies.apikey_tkn_lflw?.value, '')
  for (const cookie of response.cookies) {
    t.match(cookie, { path: '/', httpOnly: true, sameSite: 'Lax' }, cookie.name)
    t.notOk('domain' in cookie || 'secure' in cookie || 'maxAge' in cookie, `${cookie.name} has nothing more`)
  }
  t.ok(cookies.access_token_lf?.expires instanceof Date)
  t.equal(response.headers['cache-control'], 'no-store')
})

t.test('wrong password and unknown user get the same response', async t => {
  const { login } = await buildApp(t)
  const answers = await Promise.all([login(ADMIN.username, 'wrong'), login('nobody', 'wrong')])
  const strip = (body: string) => body.replace(/"request_id":"[^"]*"/, '')
  for (const response of answers) {
    t.equal(response.statusCode, 401)
    t.match(response.json(), { detail: 'Incorrect username or password', code: 'wrong_password' })
    t.equal(response.headers['www-authenticate'], 'Bearer')
    t.equal(response.cookies.length, 0)
  }
  t.equal(strip(answers[0].body), strip(answers[1].body))
})

t.test('sign-in compares case and inner blanks of usernames', async t => {
  const { login } = await buildApp(t)
  for (const name of [ADMIN.username.toUpperCase(), ADMIN.username.replace('n', 'n '), `.${ADMIN.username}`]) {
    t.equal((await login(name, ADMIN.password)).statusCode, 401, name)
  }
})

t.test('sign-in accepts both form encodings and nothing else', async t => {
  const { anonymous, form } = await buildApp(t)
  const missing = async (response: Awaited<ReturnType<typeof anonymous.post>>) => {
    t.equal(response.statusCode, 422)
    t.match(response.json().detail, [
      { type: 'missing', loc: ['body', 'username'], msg: 'Field required' },
      { type: 'missing', loc: ['body', 'password'], msg: 'Field required' }
    ])
  }
  await missing(await anonymous.post('/login', ADMIN))
  await missing(await anonymous.post(`/login?${new URLSearchParams(ADMIN)}`, '', form({})))
  t.equal((await anonymous.post('/login', 'x', { headers: { 'content-type': 'text/plain' } })).statusCode, 415)

  const multipart = ['--b', 'Content-Disposition: form-data; name="username"', '', ADMIN.username,
    '--b', 'Content-Disposition: form-data; name="password"', '', ADMIN.password, '--b--', ''].join('\r\n')
  const response = await anonymous.post('/login', multipart, {
    headers: { 'content-type': 'multipart/form-data; boundary=b' }
  })
  t.equal(response.statusCode, 200)

  for (const [fields, status] of [
    [{ ...ADMIN, grant_type: 'password' }, 200], [{ ...ADMIN, grant_type: 'refresh_token' }, 422],
    [{ ...ADMIN, password: '' }, 422], [{ username: '', password: 'x' }, 422]
  ] as const) {
    const { payload, headers } = form(fields)
    t.equal((await anonymous.post('/login', payload, { headers })).statusCode, status, Object.keys(fields).join())
  }
  const { headers } = form({})
  const twice = await anonymous.post('/login', 'username=a&username=b&password=c', { headers })
  t.equal(twice.statusCode, 422, 'a repeated field is not a string')
})

t.test('an inactive account is reported only with the correct password', async t => {
  const { login, anonymous, admin } = await buildApp(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const created = (await anonymous.post('/users/', { username: 'ada', password: PASSWORD })).json()
  const before = await login('ada', PASSWORD)
  t.equal(before.statusCode, 400)
  t.match(before.json(), { detail: 'Waiting for approval', code: 'waiting_for_approval' })
  t.match((await login('ada', 'wrong')).json(), { code: 'wrong_password' })

  const boss = await admin()
  await boss.patch(`/users/${created.id}`, { is_active: true })
  t.equal((await login('ada', PASSWORD)).statusCode, 200)
  await boss.patch(`/users/${created.id}`, { is_active: false })
  t.match((await login('ada', PASSWORD)).json(), { detail: 'Inactive user' })
  t.match((await login('ada', 'wrong')).json(), { code: 'wrong_password' })
})

t.test('an account that is deactivated before its first sign-in is inactive, not pending approval', async t => {
  const { login, as, anonymous, admin, db } = await buildApp(t)
  const boss = await admin()
  const { id } = (await anonymous.post('/users/', { username: 'ada', password: PASSWORD })).json()
  await boss.patch(`/users/${id}`, { is_active: false })
  t.match((await login('ada', PASSWORD)).json(), { detail: 'Inactive user', code: 'inactive_user' })
  t.match((await boss.get('/users/?waiting=true')).json(), { total_count: 0 })

  const { user } = await as('bea')
  await db.user.update({ where: { id: user.id }, data: { approvedAt: null } })
  await boss.patch(`/users/${user.id}`, { is_active: false })
  await db.user.update({ where: { id: user.id }, data: { lastLoginAt: null } })
  t.match((await login('bea', PASSWORD)).json(), { code: 'inactive_user' }, 'also for an account of an older version')
})

t.test('a refresh rotates the token; the old one returns the same new token for ten seconds', async t => {
  const { as, anonymous, clock } = await buildApp(t)
  const { tokens, user } = await as('ada')
  const refresh = (token: string) => anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: token } })

  const first = await refresh(tokens.refresh_token)
  t.equal(first.statusCode, 200)
  const successor = first.json().refresh_token
  t.not(successor, tokens.refresh_token)
  t.equal(cookiesOf(first).refresh_token_lf?.value, successor)
  t.notOk(cookiesOf(first).apikey_tkn_lflw)
  t.equal((await refresh(tokens.refresh_token)).json().refresh_token, successor, 'within the grace period')
  const bearer = { headers: { authorization: `Bearer ${first.json().access_token}` } }
  t.equal((await anonymous.get('/users/whoami', undefined, bearer)).json().id, user.id)

  clock.advance(11)
  const replay = await refresh(tokens.refresh_token)
  t.equal(replay.statusCode, 401, 'after the grace period, the old token counts as stolen')
  t.match(replay.json(), { detail: 'Invalid refresh token' })
  t.equal(replay.headers['www-authenticate'], 'Bearer')
  t.equal((await refresh(successor)).statusCode, 401, 'the session ended for both tokens')
  t.equal((await anonymous.get('/users/whoami', undefined, bearer)).statusCode, 401)
})

t.test('twenty concurrent refreshes return one new token', async t => {
  const { as, anonymous } = await buildApp(t)
  const { tokens } = await as('ada')
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: tokens.refresh_token } })))
  t.ok(answers.every(({ statusCode }) => statusCode === 200))
  t.equal(new Set(answers.map(answer => answer.json().refresh_token)).size, 1)
})

t.test('only a refresh token in its cookie is accepted', async t => {
  const { as, anonymous } = await buildApp(t)
  const { tokens, bearer } = await as('ada')
  const tries: Array<Parameters<typeof anonymous.post>[2]> = [
    {}, { headers: bearer }, { headers: { authorization: `Bearer ${tokens.refresh_token}` } },
    { cookies: { refresh_token_lf: tokens.access_token } }, { cookies: { refresh_token_lf: 'garbage' } },
    { cookies: { refresh_token_lf: '' } }
  ]
  for (const options of tries) t.equal((await anonymous.post('/refresh', undefined, options)).statusCode, 401)
})

t.test('sign-out ends the session and removes its cookies', async t => {
  const { as, anonymous } = await buildApp(t)
  const { tokens, cookies, get } = await as('ada')
  const response = await anonymous.post('/logout', undefined, { cookies: { refresh_token_lf: tokens.refresh_token } })
  t.strictSame(response.json(), { message: 'Logout successful' })
  t.equal(response.cookies.length, 3)
  for (const { name, value, maxAge, path, httpOnly, sameSite } of response.cookies) {
    t.strictSame({ value, maxAge }, { value: '', maxAge: 0 })
    const set = cookies[name]
    t.strictSame({ path, httpOnly, sameSite }, { path: set?.path, httpOnly: set?.httpOnly, sameSite: set?.sameSite })
  }
  t.match((await get('/users/whoami')).json(), { code: 'session_ended' })
  t.equal((await anonymous.post('/logout')).statusCode, 200, 'sign-out needs no session')
})

t.test('the session route reports the signed-in user and never fails', async t => {
  const { as, anonymous } = await buildApp(t)
  const { get, browser, user } = await as('ada')
  const signedOut = { authenticated: false, user: null, store_api_key: null }
  t.strictSame((await anonymous.get('/session')).json(), signedOut)
  const invalid = { headers: { authorization: 'Bearer x' } }
  t.strictSame((await anonymous.get('/session', undefined, invalid)).json(), signedOut)
  t.match((await get('/session')).json(), { authenticated: true, user: { id: user.id } })
  t.match((await browser.get('/session')).json(), { authenticated: true, user: { id: user.id } })
})

t.test('without auto login, the route reports that it is off', async t => {
  const { anonymous } = await buildApp(t)
  const response = await anonymous.get('/auto_login')
  t.equal(response.statusCode, 403)
  t.match(response.json().detail, { message: 'Auto login is disabled.', auto_login: false })
  t.equal((await anonymous.post('/auto_login')).statusCode, 405)
})

t.test('auto login signs in every visitor as the superuser', async t => {
  const { anonymous, app } = await buildApp(t, { env: { LANGFLOW_AUTO_LOGIN: 'true' } })
  const response = await anonymous.get('/auto_login')
  t.equal(response.statusCode, 200)
  t.notOk(cookiesOf(response).access_token_lf?.expires)
  const client = createClient(app, { headers: { authorization: `Bearer ${response.json().access_token}` } })
  t.match((await client.get('/users/whoami')).json(), { username: ADMIN.username, is_superuser: true })
  const signedOut = await anonymous.get('/users/whoami')
  t.equal(signedOut.statusCode, 403)
  t.equal((await anonymous.post('/users/', { username: 'ada', password: PASSWORD })).statusCode, 403)
  t.equal((await client.post('/users/', { username: 'ada', password: PASSWORD })).statusCode, 201)
})

t.test('a change authenticated by a cookie must come from pages of this server', async t => {
  const { as, anonymous } = await buildApp(t)
  const { browser, user, tokens } = await as('ada')
  const rename = (headers: Record<string, string>) =>
    browser.patch(`/users/${user.id}`, { profile_image: 'x' }, { headers })
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' }, { origin: 'null' }] as Array<Record<string, string>>) {
    t.match((await rename(headers)).json(), { code: 'foreign_origin' }, JSON.stringify(headers))
  }
  for (const headers of [{}, { origin: 'http://localhost:80' }, { 'sec-fetch-site': 'same-origin' }] as Array<Record<string, string>>) {
    t.equal((await rename({ host: 'localhost', ...headers })).statusCode, 200, JSON.stringify(headers))
  }
  const foreign = { headers: { origin: 'https://evil.example' } }
  const cookies = { refresh_token_lf: tokens.refresh_token }
  t.equal((await anonymous.post('/refresh', undefined, { ...foreign, cookies })).statusCode, 403)
  t.equal((await anonymous.post('/logout', undefined, { ...foreign, cookies })).statusCode, 403)
  t.equal((await browser.get('/users/whoami', undefined, foreign)).statusCode, 200, 'reading is allowed')
})
