import t from 'tap'
import { APP, buildGate, navigation, PUBLIC_URL } from '../helpers/apps.ts'
import { ADMIN } from '../helpers/app.ts'

const RULES = `
rules:
  - hosts: app.example.test
    paths: [/health, /public/*]
    allow: anyone
  - hosts: app.example.test
    paths: /admin/*
    allow: superusers
  - hosts: app.example.test
    methods: DELETE
    allow: { accounts: [Ada] }
  - hosts: app.example.test
    allow: signed-in
    audience: langflow
  - hosts: plain.example.test
    allow: signed-in
    origins: [https://front.example.test]
  - hosts: reports.example.test
    allow: { accounts: [ada], scopes: [users:read] }
  - hosts: vault.example.test
    allow: { second_factor: true }
  - hosts: elsewhere.test
    allow: signed-in
`
const PLAIN = 'https://plain.example.test'
const identityNames =
  ['remote-user', 'remote-user-id', 'remote-groups', 'remote-scopes', 'authorization', 'cookie', 'x-api-key']
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const claimsOf = (authorization: unknown) =>
  JSON.parse(Buffer.from(String(authorization).split('.')[1] ?? '', 'base64url').toString())

t.test('a response that lets a request pass has every identity header', async t => {
  const { ask, as, admin } = await buildGate(t, RULES)
  const [ada, root] = [await as('ada'), await admin()]
  const open = await ask(`${APP}/public/x`)
  t.equal(open.statusCode, 200)
  t.equal(open.body, '')
  for (const name of identityNames) t.equal(open.headers[name], '', `${name} is empty without an account`)

  const own = await ask(`${APP}/`, { headers: ada.bearer })
  t.match(own.headers, { 'remote-user': 'ada', 'remote-user-id': ada.user.id, 'remote-groups': '' })
  t.match(String(own.headers['remote-scopes']).split(' '), ['account:read', 'account:write', 'apps:use'])
  t.match(claimsOf(own.headers.authorization), {
    iss: PUBLIC_URL, aud: 'langflow', sub: ada.user.id, preferred_username: 'ada', access: 'editor'
  })
  const rooted = await ask(`${APP}/admin/x`, { headers: root.bearer })
  t.match(rooted.headers, { 'remote-user': ADMIN.username, 'remote-groups': 'superusers', authorization: '' })

  const again = await ask(`${APP}/`, { headers: ada.bearer })
  t.equal(again.headers.authorization, own.headers.authorization, 'the identity token is reused')
  t.match((await ask(`${APP}/public/x`, { headers: ada.bearer })).headers, { 'remote-user': 'ada' },
    'a page for anyone knows who is signed in')
})

t.test('a name that is not ASCII is sent as UTF-8', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const name = 'Zoë Ångström'
  const { headers } = await ask(`${APP}/`, { headers: (await as(name)).bearer })
  t.equal(Buffer.from(String(headers['remote-user']), 'latin1').toString(), name)
})

t.test('every kind of credential is accepted', async t => {
  const { app, ask, as } = await buildGate(t, RULES)
  const ada = await as('ada')
  const key: string = (await ada.post('/api_key/', { name: 'k' })).json().api_key
  const { access_token: access, refresh_token: refresh } = ada.tokens
  const good: Array<[string, Parameters<typeof ask>[1]]> = [
    ['bearer', { headers: ada.bearer }],
    ['x-api-key', { headers: { 'x-api-key': key } }],
    ['Basic with the key as password', { headers: { authorization: basic('git', key) } }],
    ['Basic with the key as username', { headers: { authorization: basic(key, '') } }],
    ['Bearer with a key', { headers: { authorization: `Bearer ${key}` } }],
    ['cookie', { cookies: { access_token_lf: access } }],
    ['a refresh cookie in the background', {
      cookies: { refresh_token_lf: refresh }, headers: { 'sec-fetch-mode': 'cors' }
    }],
    ['a cookie beside a token of the app', {
      cookies: { access_token_lf: access }, headers: { authorization: 'Bearer abc.def.ghi' }
    }]
  ]
  for (const [name, options] of good) {
    t.match(await ask(PLAIN, options), { statusCode: 200, headers: { 'remote-user': 'ada' } }, name)
  }
  t.match(await ask(`${PLAIN}/?x-api-key=${key}`), { statusCode: 401 }, 'the query belongs to the app')
  const bad: Array<[string, Parameters<typeof ask>[1]]> = [
    ['no credential', {}],
    ['a mistyped key', { headers: { 'x-api-key': `${key.slice(0, -1)}_` } }],
    ['a password', { headers: { authorization: basic('ada', 'a pass phrase for tests') } }],
    ['a token of another server', { headers: { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' } }],
    ['an identity token', {
      headers: { authorization: String((await ask(APP, { headers: ada.bearer })).headers.authorization) }
    }],
    ['a refresh token as bearer token', { headers: { authorization: `Bearer ${refresh}` } }],
    ['a refresh token as access cookie', { cookies: { access_token_lf: refresh } }],
    ['an access token as refresh cookie', { cookies: { refresh_token_lf: access } }]
  ]
  for (const [name, options] of bad) t.match(await ask(PLAIN, options), { statusCode: 401 }, name)
  await ask(PLAIN, { cookies: { refresh_token_lf: refresh } })
  t.match(await ask(PLAIN, { cookies: { access_token_lf: refresh } }), { statusCode: 401 },
    'a refresh token that is cached is no access token')
  for (const text of [`refresh ${refresh}`, `refresh_token ${refresh}`]) {
    const headers = { cookie: `access_token_lf=${encodeURIComponent(text)}` }
    t.match(await ask(PLAIN, { headers }), { statusCode: 401 }, 'nor with the name of its kind')
    t.match(await app.inject({ url: '/api/v1/users/whoami', headers }), { statusCode: 401 })
  }
})

t.test('credentials of Flowgate never reach the app, and those of the app do', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const ada = await as('ada')
  const key: string = (await ada.post('/api_key/', { name: 'k' })).json().api_key
  const { access_token: access, refresh_token: refresh } = ada.tokens
  const remaining = async (url: string, headers: Record<string, string>) => {
    const { statusCode, headers: sent } = await ask(url, { headers })
    return { statusCode, authorization: sent.authorization, cookie: sent.cookie, key: sent['x-api-key'] }
  }
  const none = { statusCode: 200, authorization: '', cookie: '', key: '' }
  const OPEN = `${APP}/public/`
  for (const url of [PLAIN, OPEN]) {
    t.strictSame(await remaining(url, ada.bearer), none)
    t.strictSame(await remaining(url, { 'x-api-key': key }), none)
    t.strictSame(await remaining(url, { authorization: `Bearer ${key}` }), none)
    t.strictSame(await remaining(url, { authorization: basic('git', key) }), none)
    t.strictSame(await remaining(url, {
      cookie: `a=1; access_token_lf=${access};refresh_token_lf=${refresh}; b="x; apikey_tkn_lflw=y; access_token_lf=z`
    }), { ...none, cookie: 'a=1; b="x' })
  }
  t.strictSame(await remaining(OPEN, { authorization: `Bearer ${refresh}` }), none, 'a refresh token in a wrong place')
  t.strictSame(await remaining(OPEN, { 'x-api-key': `${key}, ${key}x` }), none, 'two keys')
  const named = (text: string) => text.replace(key, 'KEY').replace(access, 'TOKEN')
  for (const text of [`Token ${key}`, `Token token=${key}`, access, `Token ${access}`, `Bearer Bearer ${access}`]) {
    t.strictSame(await remaining(OPEN, { authorization: text }), none, named(text))
  }
  for (const password of [`a:${key}`, `${key}\n`, access]) {
    t.strictSame(await remaining(OPEN, { authorization: basic('git', password) }), none, `Basic with ${named(password)}`)
  }
  for (const text of [access, `Bearer ${key}`]) {
    t.strictSame(await remaining(OPEN, { 'x-api-key': text }), none, `x-api-key: ${named(text)}`)
  }

  const session = { cookie: `access_token_lf=${access}; sid=app` }
  t.strictSame(await remaining(PLAIN, { ...session, authorization: 'Bearer a.b.c', 'x-api-key': 'app-key' }),
    { statusCode: 200, authorization: 'Bearer a.b.c', cookie: 'sid=app', key: 'app-key' })
  t.strictSame(await remaining(OPEN, { authorization: basic('a', 'b') }),
    { ...none, authorization: basic('a', 'b') })
  t.match((await remaining(APP, { ...session, authorization: 'Bearer a.b.c' })).authorization, /^Bearer eyJ/,
    'an identity token replaces the header of the app')
})

t.test('an invalid token or key in a header is refused beside a session of another account', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const { api_key: key, id } = (await ada.post('/api_key/', { name: 'k' })).json()
  await ada.delete(`/api_key/${id}`)
  await ada.post('/logout')
  const cookies = { access_token_lf: bob.tokens.access_token }
  for (const headers of [ada.bearer, { 'x-api-key': key }, { authorization: basic('git', key) }]) {
    t.match(await ask(PLAIN, { headers, cookies }), { statusCode: 401 })
  }
})

t.test('a rule with an audience never passes the Authorization header of the client on', async t => {
  const { ask, as } = await buildGate(t, `
rules:
  - hosts: app.example.test
    allow: anyone
    audience: langflow
`)
  const ada = await as('ada')
  const { authorization } = (await ask(APP, { headers: ada.bearer })).headers
  t.match(authorization, /^Bearer eyJ/)
  await ada.post('/logout')
  t.match(await ask(APP, { headers: { authorization: String(authorization) } }),
    { statusCode: 200, headers: { 'remote-user': '', authorization: '' } }, 'an identity token of an ended session')
})

t.test('browsers are redirected, programs get JSON', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const { bearer, tokens } = await as('bob')
  const login = (url: string) => `${PUBLIC_URL}/login?next=${encodeURIComponent(url)}`
  const noAccess = (url: string) => `${PUBLIC_URL}/no-access?to=${encodeURIComponent(url)}`
  const url = `${APP}/x%2Fy/ü?q=1&r=a%20b`
  t.match(await ask(url, { headers: navigation }), { statusCode: 302, headers: { location: login(url) } })
  t.match(await ask(url, { headers: { accept: 'text/html' }, method: 'HEAD' }),
    { statusCode: 302, headers: { location: login(url) } }, 'a browser without Fetch Metadata')
  t.match(await ask(url, { headers: navigation, cookies: { refresh_token_lf: tokens.refresh_token } }),
    { statusCode: 302, headers: { location: login(url) } }, 'the sign-in page renews the session')
  t.match(await ask(`${APP}/admin`, { headers: { ...navigation, ...bearer } }),
    { statusCode: 302, headers: { location: noAccess(`${APP}/admin`) } })
  t.match(await ask('https://unknown.example.test/', { headers: navigation }),
    { statusCode: 302, headers: { location: noAccess('https://unknown.example.test/') } })
  const longest = `${APP}/`.padEnd(2000, 'x')
  t.match(await ask(longest, { headers: navigation }), { statusCode: 302, headers: { location: login(longest) } })
  t.match(await ask(`${longest}x`, { headers: navigation }),
    { statusCode: 302, headers: { location: login(`${APP}/`) } }, 'a URL that no proxy could redirect to')

  const programs: Array<Record<string, string>> = [
    {}, { accept: '*/*' }, { accept: 'application/json' },
    { accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01' },
    { ...navigation, 'sec-fetch-mode': 'cors' }, { ...navigation, 'sec-websocket-key': 'x' }
  ]
  for (const headers of programs) {
    const response = await ask(url, { headers })
    t.match(response, { statusCode: 401, headers: { location: undefined } })
    t.match(response.json(), { code: 'sign_in_required', detail: 'Sign in to open this app' })
    const challenge = String(response.headers['www-authenticate'])
    t.equal(challenge.includes('Basic'), !('user-agent' in headers), 'Basic is for programs')
  }
  t.match((await ask(url, { headers: { accept: 'text/html' }, method: 'POST' })), { statusCode: 401 })
  t.match((await ask(`${APP}/admin`, { headers: bearer })).json(),
    { code: 'access_refused', detail: 'Only superusers may open it.' })
  t.match(await ask('https://elsewhere.test/', { headers: navigation }), { statusCode: 401 },
    'no redirect where the session cookie would not arrive')

  t.match(await ask(`${PLAIN}/form`, {
    method: 'POST', headers: { ...navigation, origin: PLAIN }, cookies: { refresh_token_lf: tokens.refresh_token }
  }), { statusCode: 200 }, 'a form of an open page is not lost when the access token has expired')
  t.match(await ask(`${APP}/x`, { method: 'DELETE', headers: { ...navigation, ...bearer } }),
    { statusCode: 403 }, 'the no-access page would find that the account may open the URL')

  t.match(await ask(url, { headers: navigation, to: '/nginx' }), { statusCode: 401 }, 'nginx cannot pass on a redirect')
  t.match(await ask(`${APP}/admin`, { headers: { ...navigation, ...bearer }, to: '/nginx' }), { statusCode: 403 })
  t.match(await ask(url, { headers: navigation, to: '/denied' }),
    { statusCode: 302, headers: { location: login(url) } })
  t.match(await ask(url, { to: '/denied' }), { statusCode: 401 })
  t.match(await ask(url, { headers: { ...navigation, ...bearer }, to: '/denied' }),
    { statusCode: 302, headers: { location: noAccess(url) } }, 'a redirect to the app could loop')
  t.match((await ask(url, { headers: bearer, to: '/denied' })).json(),
    { code: 'access_refused', detail: /The proxy refused it/ })
  t.match(await ask(`${APP}/public/x`, { headers: navigation, to: '/denied' }), { statusCode: 403 },
    'a sign-in does not help')
})

t.test('a key over its rate limit is answered 429, for nginx in two steps that count no request', async t => {
  const { ask, as, clock } = await buildGate(t, RULES)
  const ada = await as('ada')
  const { api_key: key } = (await ada.post('/api_key/', { rate_limit: { limit: 2, window_seconds: 60 } })).json()
  const headers = { 'x-api-key': key }
  for (let n = 0; n < 2; n++) t.equal((await ask(`${APP}/`, { headers })).statusCode, 200)
  const over = { code: 'api_key_limit_reached' }
  const answer = await ask(`${APP}/`, { headers })
  t.match([answer.statusCode, answer.headers['retry-after'], answer.json()], [429, '30', over])
  t.equal(answer.headers['ratelimit-policy'], '"api-key";q=2;w=60')

  const status = await ask(`${APP}/`, { headers, to: '/nginx' })
  t.match([status.statusCode, status.headers['retry-after']], [403, '30'])
  clock.advance(30)
  const told = { ...headers, 'x-flowgate-retry-after': '30' }
  const denied = await ask(`${APP}/`, { headers: told, to: '/denied' })
  t.match([denied.statusCode, denied.headers['retry-after'], denied.json()], [429, '30', over])
  t.equal((await ask(`${APP}/`, { headers: told })).statusCode, 200, 'the header decides nothing elsewhere')
  t.equal((await ask(`${APP}/`, { headers: told })).statusCode, 429)
})

t.test('a refused credential is answered with a hint about apps', async t => {
  const { ask } = await buildGate(t, RULES)
  const hints: Array<[Record<string, string>, RegExp | undefined]> = [
    [{ authorization: basic('ada', 'a pass phrase') }, /^Basic authentication needs an API key as the password/],
    [{ authorization: basic('git', 'sk-mistyped') }, /^Basic authentication needs an API key as the password/],
    [{ authorization: 'Bearer sk-mistyped' }, /mistyped/],
    [{ authorization: 'Bearer Bearer x' }, /twice/],
    [{ authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' }, undefined],
    [{ 'x-api-key': 'Bearer sk-x' }, /Send only the API key/],
    [{}, undefined]
  ]
  for (const [headers, hint] of hints) {
    t.match((await ask(PLAIN, { headers })).json(), { code: 'sign_in_required', hint }, JSON.stringify(headers))
  }
})

t.test('a request with an API key is never redirected', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const ada = await as('ada')
  const { api_key: key, id } = (await ada.post('/api_key/', { name: 'k' })).json()
  const headers = { ...navigation, authorization: basic('git', key) }
  t.match(await ask(`${APP}/admin`, { headers }), { statusCode: 403 })
  await ada.delete(`/api_key/${id}`)
  t.match(await ask(`${APP}/admin`, { headers }), { statusCode: 401 })
})

t.test('the first matching rule decides, and without one the request is refused', async t => {
  const { ask, as, admin } = await buildGate(t, RULES)
  const people =
    { ada: (await as('ada')).bearer, bob: (await as('bob')).bearer, root: (await admin()).bearer, none: {} }
  const cases: Array<[keyof typeof people, string, string, number]> = [
    ['none', 'GET', `${APP}/health`, 200], ['none', 'GET', `${APP}/health/x`, 401], ['none', 'GET', `${APP}/public`, 200],
    ['none', 'POST', `${APP}/public/a/b`, 200], ['none', 'GET', `${APP}/publicly`, 401],
    ['bob', 'GET', `${APP}/admin`, 403], ['bob', 'GET', `${APP}/admin/x`, 403], ['root', 'GET', `${APP}/admin/x`, 200],
    ['bob', 'DELETE', `${APP}/x`, 403], ['ada', 'DELETE', `${APP}/x`, 200], ['bob', 'GET', `${APP}/x`, 200],
    ['bob', 'delete', `${APP}/x`, 403], ['ada', 'PROPFIND', `${APP}/x`, 200],
    ['bob', 'GET', 'https://unknown.example.test/', 403], ['none', 'GET', 'https://unknown.example.test/', 403],
    ['bob', 'GET', `${APP}:8443/x`, 403], ['bob', 'GET', `${APP}:443/x`, 200], ['bob', 'GET', 'https://APP.Example.TEST./x', 200],
    ['ada', 'GET', 'https://reports.example.test/', 403], ['root', 'GET', 'https://reports.example.test/', 403],
    ['root', 'GET', 'https://vault.example.test/', 403]
  ]
  for (const [person, method, url, status] of cases) {
    t.equal((await ask(url, { method, headers: people[person] })).statusCode, status, `${person} ${method} ${url}`)
  }
  t.equal((await ask('https://reports.example.test/', { headers: people.bob })).json().detail,
    'The account is not one of those that may open it. The credential does not have the scope users:read.')
  t.match((await ask('https://vault.example.test/', { headers: people.root })).json().detail, /second factor/)
})

t.test('a path that servers read in different ways must satisfy the rules of both readings', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const { bearer } = await as('bob')
  const tricks = [
    '/public/../admin/x', '/public/%2e%2e/admin/x', '/public/%2E%2E%2Fadmin', '/public/..%2fadmin/x',
    '/public/..%5cadmin/x', '/public/..\\admin/x', '/public/..;/admin/x', '/public/..;a=b/admin',
    '/public/%252e%252e/admin', '//admin/x',
    '/./admin/x', '/%61dmin/x', '/ADMIN/x', '/Admin', '/admin;x=1/y', '/admin%2fx', '/x/../admin', '/admin/',
    '/%2561dmin', '/public/../public/../admin', '/admin//x', '/admin/.', '/public/%00/../admin',
    '/x%2f..%2fadmin/y', '/public#/../../admin/x'
  ]
  for (const path of tricks) {
    t.equal((await ask(APP + path, { headers: bearer })).statusCode, 403, `${path} needs a superuser`)
    t.not((await ask(APP + path)).statusCode, 200, `${path} is not for anyone`)
  }
  for (const path of ['/public/../x', '/PUBLIC/x', '/public;v=1/x', '//public/x', '/%70ublic/%2e%2e/x']) {
    t.equal((await ask(APP + path)).statusCode, 401, `${path} is for one reading only`)
  }
  const plain =
    ['/public/a%2Fb', '/public/a;v=1', '/%70ublic/x', '/public/x?next=/../admin', '/public/é', '/public/%ff']
  for (const path of plain) {
    t.equal((await ask(APP + path)).statusCode, 200, `${path} is public in both readings`)
  }
  t.equal((await ask(`${APP}/x%2F@scope%2fname`, { headers: bearer })).statusCode, 200)
})

t.test('a change or a WebSocket with a cookie must come from a page of the app', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const { tokens, bearer } = await as('ada')
  const cookies = { access_token_lf: tokens.access_token }
  const socket = { 'sec-websocket-key': 'x', upgrade: 'websocket' }
  const own = new URL(PLAIN).origin
  const send = async (method: string, headers: Record<string, string>) =>
    (await ask(`${PLAIN}/x`, { method, headers, cookies })).statusCode
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPPATCH']) {
    t.equal(await send(method, { origin: own }), 200, `${method} from the app`)
    t.equal(await send(method, { origin: 'https://evil.test' }), 403, `${method} from another site`)
    t.equal(await send(method, { origin: APP }), 403, `${method} from an app beside it`)
    t.equal(await send(method, { origin: `${own}:8443` }), 403, `${method} from an app on another port`)
    t.equal(await send(method, { origin: 'null' }), 403, `${method} from a sandbox`)
    t.equal(await send(method, { 'sec-fetch-site': 'same-site' }), 403, `${method} from a sibling`)
    t.equal(await send(method, { 'sec-fetch-site': 'same-origin' }), 200)
    t.equal(await send(method, { origin: 'https://front.example.test', 'sec-fetch-site': 'same-site' }), 200, 'a named origin')
  }
  t.equal(await send('GET', { ...socket, origin: own }), 200)
  t.equal(await send('GET', { ...socket, origin: APP }), 403)
  t.equal(await send('GET', { 'sec-websocket-key': 'x', origin: APP }), 403)
  t.equal(await send('GET', { 'sec-websocket-version': '13', origin: APP }), 403, 'over HTTP/2, without a key')
  t.equal(await send('GET', { origin: APP }), 200, 'a link')
  for (const method of ['HEAD', 'OPTIONS']) t.equal(await send(method, { origin: APP }), 200)
  t.match(await ask(PLAIN, { method: 'POST', headers: { ...bearer, origin: 'https://evil.test' } }), { statusCode: 200 },
    'a header is sent deliberately')
  t.match(await ask(`${APP}/public/x`, { method: 'POST', headers: { origin: 'https://evil.test' }, cookies }),
    { statusCode: 200, headers: { 'remote-user': '' } }, 'what anyone may do happens without the account')
  t.match(await ask(PLAIN, {
    method: 'POST', headers: { origin: 'https://evil.test' }, cookies: { refresh_token_lf: tokens.refresh_token }
  }), { statusCode: 403 }, 'the refresh cookie is a cookie, too')
})

t.test('ended access is refused: session, key, account, role', async t => {
  const { ask, as, admin, clock } = await buildGate(t, RULES)
  const root = await admin()
  const ada = await as('ada')
  const key = (await ada.post('/api_key/', { name: 'k' })).json()
  const status = async (headers: Record<string, string>, url = PLAIN) => (await ask(url, { headers })).statusCode
  t.equal(await status({ 'x-api-key': key.api_key }), 200)
  await ada.delete(`/api_key/${key.id}`)
  t.equal(await status({ 'x-api-key': key.api_key }), 401)

  const refreshCookie = { cookie: `refresh_token_lf=${ada.tokens.refresh_token}` }
  t.equal(await status(ada.bearer), 200)
  t.equal(await status(refreshCookie), 200)
  await ada.post('/logout')
  t.equal(await status(ada.bearer), 401)
  t.equal(await status(refreshCookie), 401)

  const bob = await as('bob')
  t.equal(await status(bob.bearer), 200)
  await root.patch(`/users/${bob.user.id}`, { is_active: false })
  t.equal(await status(bob.bearer), 401)

  t.equal(await status(root.bearer, `${APP}/admin`), 200)
  const eve = await as('eve')
  await root.patch(`/users/${eve.user.id}`, { is_superuser: true })
  t.equal(await status(eve.bearer, `${APP}/admin`), 200)
  await root.patch(`/users/${eve.user.id}`, { is_superuser: false })
  t.equal(await status(eve.bearer, `${APP}/admin`), 403)

  const zoe = await as('zoe')
  clock.advance(3601)
  t.equal(await status({ cookie: `access_token_lf=${zoe.tokens.access_token}` }), 401, 'an expired access token')
  t.equal(await status({ cookie: `refresh_token_lf=${zoe.tokens.refresh_token}` }), 200, 'its session is live')
  clock.advance(604_800)
  t.equal(await status({ cookie: `refresh_token_lf=${zoe.tokens.refresh_token}` }), 401, 'the session has expired')
})

t.test('a refresh token that was replaced opens nothing after the grace period, and is not used up', async t => {
  const { ask, as, anonymous, clock } = await buildGate(t, RULES)
  const { tokens } = await as('ada')
  const old = { cookies: { refresh_token_lf: tokens.refresh_token } }
  const refreshed = await anonymous.post('/refresh', undefined, old)
  const next = { cookies: { refresh_token_lf: refreshed.json().refresh_token } }
  t.match(await ask(PLAIN, old), { statusCode: 200 })
  clock.advance(11)
  t.match(await ask(PLAIN, old), { statusCode: 401 })
  t.match(await ask(PLAIN, next), { statusCode: 200 }, 'and the session goes on')
  t.match(await anonymous.post('/refresh', undefined, next), { statusCode: 200 })
})

t.test('only trusted proxies may ask, and they must say what they ask about', async t => {
  const { ask, app, as } = await buildGate(t, RULES)
  const { bearer } = await as('ada')
  const strange = await app.inject({
    url: '/api/v1/verify',
    remoteAddress: '192.0.2.9',
    headers: { ...bearer, 'x-forwarded-uri': '/', 'x-forwarded-method': 'GET' }
  })
  t.match(strange.json(), { code: 'untrusted_proxy', hint: 'Add 192.0.2.9 to LANGFLOW_TRUSTED_PROXIES.' })
  const cases: Array<[Record<string, string | string[]>, RegExp]> = [
    [{ 'x-forwarded-method': '' }, /X-Forwarded-Method/],
    [{ 'x-forwarded-uri': '' }, /X-Forwarded-Uri/],
    [{ 'x-forwarded-uri': 'public/x' }, /beginning with \//],
    [{ 'x-forwarded-uri': ['/public/x', '/admin'] }, /X-Forwarded-Uri once/],
    [{ 'x-forwarded-method': ['GET', 'DELETE'] }, /X-Forwarded-Method once/],
    [{ 'x-forwarded-host': ['app.example.test', 'plain.example.test'] }, /X-Forwarded-Host once/]
  ]
  for (const [headers, detail] of cases) {
    const response = await ask(APP, { headers: { ...bearer, ...headers } })
    t.match(response.json(), { code: 'forwarded_headers_missing', detail }, JSON.stringify(headers))
    t.equal(response.statusCode, 400)
  }
  t.match(await ask(`${APP}/a,b, c`, { headers: bearer }), { statusCode: 200 }, 'a comma in a path')
  t.match(await ask(APP, { headers: { ...bearer, 'x-forwarded-host': '' } }), { statusCode: 403 }, 'the Host header')
})

t.test('bodies are not read, and every method is answered', async t => {
  const { app, as } = await buildGate(t, RULES)
  const { bearer } = await as('ada')
  const question = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/', 'x-forwarded-host': 'app.example.test' }
  for (const url of ['/api/v1/verify', '/api/v1/verify/', '/api/v1/verify/nginx']) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const headers = { ...bearer, ...question, 'content-type': 'application/json' }
      t.match(await app.inject({ url, method, headers }), { statusCode: 200 }, `${method} ${url}`)
    }
    const post = (headers: Record<string, string>) => app.inject({
      method: 'POST', url, payload: '{"broken', headers: { ...bearer, ...question, ...headers }
    })
    t.match(await post({ 'content-type': 'application/json' }), { statusCode: 200 }, 'a body that is not JSON')
    t.match(await post({ 'content-type': 'text/x', 'content-encoding': 'gzip' }), { statusCode: 200 })
  }
})

t.test('X-Forwarded-Port does not select the rules of another port', async t => {
  const { app, ask } = await buildGate(t, `${RULES}
  - hosts: "app.example.test:8801"
    allow: anyone
`)
  const headers = { 'x-forwarded-port': '8801' }
  t.match(await ask(`${APP}/x`, { headers }), { statusCode: 401 })
  t.match(await app.inject({
    url: '/api/v1/verify/envoy/x', headers: { ...headers, host: 'app.example.test', 'x-forwarded-proto': 'https' }
  }), { statusCode: 401 })
  t.match(await ask(`${APP}:8801/x`, { headers: { 'x-forwarded-port': '443' } }), { statusCode: 200 })
})

t.test('Envoy asks with the request of the client', async t => {
  const { app, as } = await buildGate(t, RULES)
  const { bearer } = await as('bob')
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, headers: Record<string, string> = {}) => app.inject({
    method, url: `/api/v1/verify/envoy${path}`, headers: { host: 'app.example.test', 'x-forwarded-proto': 'https', ...headers }
  })
  t.match(await ask('GET', '/public/x'), { statusCode: 200 })
  t.match(await ask('GET', '/health'), { statusCode: 200 })
  t.match(await ask('GET', `/public/${'x'.repeat(300)}`), { statusCode: 200 }, 'a long path')
  t.match(await ask('GET', '/public/../admin', bearer), { statusCode: 403 })
  t.match(await ask('GET', '/x%2Fy?q=1', bearer), { statusCode: 200 })
  t.match(await ask('DELETE', '/x', bearer), { statusCode: 403 })
  t.match(await ask('GET', '', bearer), { statusCode: 200 })
  t.match(await ask('GET', '/x', { 'x-forwarded-uri': '/public/x', 'x-forwarded-method': 'GET' }),
    { statusCode: 401 }, 'forged headers do not matter')
  t.match(await ask('GET', '/x?q=1', navigation), {
    statusCode: 302, headers: { location: `${PUBLIC_URL}/login?next=${encodeURIComponent(`${APP}/x?q=1`)}` }
  })
})

t.test('CORS settings of the server do not answer the preflights of apps', async t => {
  const { app } = await buildGate(t, RULES, { env: { LANGFLOW_CORS_ORIGINS: 'https://front.example.test' } })
  const headers = {
    host: 'app.example.test', 'x-forwarded-proto': 'https', origin: 'https://front.example.test',
    'access-control-request-method': 'POST'
  }
  for (const [path, statusCode] of [['/public/x', 200], ['/x', 401]] as const) {
    const response = await app.inject({ method: 'OPTIONS', url: `/api/v1/verify/envoy${path}`, headers })
    t.match(response, { statusCode, headers: { 'access-control-allow-origin': undefined } }, path)
  }
})

t.test('what a proxy passes on to a browser has the security headers', async t => {
  const { ask, as } = await buildGate(t, RULES)
  const { bearer } = await as('bob')
  const policy = "default-src 'none';frame-ancestors 'none'"
  for (const [what, response] of Object.entries({
    redirect: await ask(`${APP}/x`, { headers: navigation }),
    'sign-in required': await ask(`${APP}/x`),
    refused: await ask(`${APP}/admin`, { headers: bearer, to: '/denied' }),
    'not understood': await ask(`${APP}/x`, { headers: { 'x-forwarded-uri': '' } })
  })) {
    t.match(response.headers, { 'content-security-policy': policy, 'cache-control': 'no-store' }, what)
    t.ok(response.statusCode >= 300, what)
  }
  const { statusCode, headers } = await ask(`${APP}/x`, { headers: bearer })
  t.equal(statusCode, 200)
  t.match(headers, { 'cache-control': 'no-store', 'content-security-policy': undefined }, 'only the proxy reads it')
})

t.test('the names of the headers can be chosen', async t => {
  const { ask, as } = await buildGate(t, `
headers: { user: X-WEBAUTH-USER, token: X-Identity-Token }
rules:
  - hosts: app.example.test
    allow: signed-in
    audience: langflow
`)
  const { tokens } = await as('ada')
  const { headers } = await ask(APP, {
    cookies: { access_token_lf: tokens.access_token }, headers: { authorization: 'Bearer a.b.c' }
  })
  t.match(headers, { 'x-webauth-user': 'ada', 'remote-groups': '', authorization: 'Bearer a.b.c' })
  t.match(headers['x-identity-token'], /^Bearer eyJ/)
  t.notOk('remote-user' in headers)
})

t.test('without rules every request is refused with the remedy', async t => {
  const { ask } = await buildGate(t, RULES, { env: { LANGFLOW_ACCESS_RULES_FILE: '' } })
  t.match((await ask(APP)).json(), { code: 'access_rules_missing', detail: /LANGFLOW_ACCESS_RULES_FILE/ })
})

t.test('uses of API keys are counted', async t => {
  const { ask, as, app } = await buildGate(t, RULES)
  const ada = await as('ada')
  const { api_key: key, id } = (await ada.post('/api_key/', { name: 'k' })).json()
  for (let count = 0; count < 3; count++) await ask(PLAIN, { headers: { 'x-api-key': key } })
  await app.services.usage.flush()
  const [listed] = (await ada.get('/api_key/')).json().api_keys.filter((each: { id: string }) => each.id === id)
  t.equal(listed.total_uses, 3)
})
