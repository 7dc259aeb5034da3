import t from 'tap'
import { buildApp, type Client, createClient } from '../helpers/app.ts'

const proxied = { env: { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' } }
const withKey = (app: Parameters<typeof createClient>[0], key: string, from = '192.0.2.7') =>
  createClient(app, { headers: { 'x-api-key': key, 'x-forwarded-for': from } })
const create = async (client: Client, body: object) => (await client.post('/api_key/', body)).json()

t.test('a key that Langflow\'s clients create has the members of before', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const created = await create(ada, { name: 'ci' })
  const common =
    ['created_at', 'expires_at', 'id', 'is_active', 'last_used_at', 'made_by', 'name', 'total_uses', 'user_id']
  t.strictSame(Object.keys(created).sort(), [...common, 'api_key'].sort())
  const { api_keys: [listed] } = (await ada.get('/api_key/')).json()
  t.strictSame(Object.keys(listed).sort(), [...common, 'api_key', 'last_characters'].sort())
})

t.test('restrictions are returned in their canonical form, and can be changed but not removed', async t => {
  const { as, logs } = await buildApp(t)
  const ada = await as('ada')
  const restrictions = {
    scopes: ['flows:read', 'apps:use', 'apps:use'],
    allowed_networks: ['2001:DB8::/32', '192.0.2.7', '192.0.2.7/32', '::ffff:198.51.100.0/120'],
    rate_limit: { limit: 100, window_seconds: 60 }
  }
  const stored = {
    scopes: ['apps:use', 'flows:read'],
    allowed_networks: ['2001:db8::/32', '192.0.2.7/32', '198.51.100.0/24'],
    rate_limit: { limit: 100, window_seconds: 60 }
  }
  const created = await create(ada, restrictions)
  t.match(created, stored)
  t.match((await ada.get('/api_key/')).json().api_keys[0], stored)
  const same = { scopes: null, allowed_networks: null, rate_limit: null }
  t.match((await ada.patch(`/api_key/${created.id}`, same)).json(), stored, 'null leaves them unchanged')
  const changes = { scopes: ['account:read'], rate_limit: { limit: 5, window_seconds: 1 } }
  t.match((await ada.patch(`/api_key/${created.id}`, changes)).json(), { ...stored, ...changes })
  const events = logs.filter(line => line.includes('api_key_c')).map(line => JSON.parse(line))
  t.match(events, [{ event: 'api_key_created', scopes: 'apps:use flows:read' },
    { event: 'api_key_changed' }, { event: 'api_key_changed', scopes: 'account:read' }])
})

t.test('every wrong restriction is named, at creation and at a change', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const { id } = await create(ada, {})
  const wrong = {
    allowed_networks: ['192.0.2.0/24', '192.0.2.7/24', 'example.org'], scopes: ['flows:read', 'introspect']
  }
  for (const answer of [await ada.post('/api_key/', wrong), await ada.patch(`/api_key/${id}`, wrong)]) {
    t.equal(answer.statusCode, 422)
    t.match(answer.json().detail, [
      { loc: ['body', 'scopes', 1], msg: /The account does not have the scope introspect/ },
      { loc: ['body', 'allowed_networks', 1], msg: 'The address has bits outside the network: use 192.0.2.0/24' },
      { loc: ['body', 'allowed_networks', 2], msg: /^Use an address or a network in CIDR notation/ }
    ])
  }
  for (const [body, loc] of [
    [{ allowed_networks: [] }, ['body', 'allowed_networks']],
    [{ allowed_networks: Array(33).fill('192.0.2.0/24') }, ['body', 'allowed_networks']],
    [{ allowed_networks: '192.0.2.0/24' }, ['body', 'allowed_networks']],
    [{ rate_limit: {} }, ['body', 'rate_limit', 'limit']],
    [{ rate_limit: { limit: 0, window_seconds: 1 } }, ['body', 'rate_limit', 'limit']],
    [{ rate_limit: { limit: 1, window_seconds: 86_401 } }, ['body', 'rate_limit', 'window_seconds']],
    [{ rate_limit: { limit: 1.5, window_seconds: 1 } }, ['body', 'rate_limit', 'limit']],
    [{ rate_limit: 100 }, ['body', 'rate_limit']]
  ] as const) {
    const answer = await ada.post('/api_key/', body)
    t.match({ status: answer.statusCode, first: answer.json().detail[0] }, { status: 422, first: { loc } },
      JSON.stringify(body).slice(0, 80))
  }
})

t.test('a key is accepted from its networks only, also when it is remembered', async t => {
  const { app, as, logs } = await buildApp(t, proxied)
  const ada = await as('ada')
  const { api_key: key, id } = await create(ada, { allowed_networks: ['192.0.2.0/24', '2001:db8::/32'] })
  const status = async (from: string) => (await withKey(app, key, from).get('/users/whoami')).statusCode
  t.equal(await status('192.0.2.9'), 200)
  t.equal(await status('203.0.113.9'), 403)
  t.equal(await status('192.0.2.9'), 200)
  t.equal(await status('2001:db8:7::1'), 200)
  t.equal(await status('::ffff:192.0.2.9'), 200, 'an IPv4-mapped address is an IPv4 address')
  t.equal(await status('::ffff:203.0.113.9'), 403)
  const refused = await withKey(app, key, '203.0.113.9').get('/users/whoami')
  t.match(refused.json(), {
    code: 'network_not_allowed', detail: 'The API key is not accepted from 203.0.113.9', hint: /allowed_networks/
  })
  const events = logs.filter(line => line.includes('"api_key_network_refused"')).map(line => JSON.parse(line))
  t.match(events, [{ level: 40, api_key: id, user: ada.user.id, address: '203.0.113.9' }])
  t.equal(events.length, 1, 'a flood is reported once a minute')
  t.equal((await ada.get('/api_key/')).json().api_keys[0].total_uses, 0)
  await app.services.usage.flush()
  t.equal((await ada.get('/api_key/')).json().api_keys[0].total_uses, 4, 'refused requests are no uses')

  await ada.patch(`/api_key/${id}`, { allowed_networks: ['203.0.113.9'] })
  t.strictSame([await status('192.0.2.9'), await status('203.0.113.9')], [403, 200], 'a change applies at once')
})

t.test('a forwarded address of a client that is no trusted proxy does not count', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  const [inside, outside] = [
    await create(ada, { allowed_networks: ['192.0.2.0/24'] }), await create(ada, { allowed_networks: ['127.0.0.1'] })
  ]
  t.equal((await withKey(app, inside.api_key, '192.0.2.9').get('/users/whoami')).statusCode, 403)
  t.equal((await withKey(app, outside.api_key, '192.0.2.9').get('/users/whoami')).statusCode, 200)
})

t.test('above its rate limit a key gets 429 with the fields that say when to continue', async t => {
  const { app, as, clock, logs } = await buildApp(t, proxied)
  const ada = await as('ada')
  const { api_key: key, id } = await create(ada, { rate_limit: { limit: 3, window_seconds: 60 } })
  const client = withKey(app, key)
  for (const left of [2, 1, 0]) {
    const { statusCode, headers } = await client.get('/users/whoami')
    t.equal(statusCode, 200)
    if (left === 2) t.equal(headers['ratelimit'], undefined, 'more than half is left')
    else t.match(headers['ratelimit'], new RegExp(`^"api-key";r=${left};t=\\d+$`))
  }
  for (let n = 0; n < 3; n++) {
    const refused = await client.get('/users/whoami')
    t.equal(refused.statusCode, 429)
    t.match(refused.json(), { code: 'api_key_limit_reached', retry_after: '60' })
    t.equal(refused.headers['ratelimit-policy'], '"api-key";q=3;w=60')
    t.match(refused.headers['ratelimit'], /^"api-key";r=0;t=20$/)
    t.equal(refused.headers['retry-after'], '20', 'refused requests do not extend the wait')
  }
  t.equal(logs.filter(line => line.includes('"api_key_limit_reached"') && line.includes('"event"')).length, 1)
  clock.advance(20)
  t.equal((await client.get('/users/whoami')).statusCode, 200, 'one request after the stated time')
  t.equal((await client.get('/users/whoami')).statusCode, 429)
  clock.advance(60)
  for (const expected of [200, 200, 200, 429]) {
    t.equal((await client.get('/users/whoami')).statusCode, expected, 'the whole quota after the window')
  }
  t.equal((await ada.get('/users/whoami')).headers['ratelimit'], undefined, 'sessions have no such limit')
  const { api_key: rare } = await create(ada, { rate_limit: { limit: 1, window_seconds: 3600 } })
  await withKey(app, rare).get('/users/whoami')
  const long = await withKey(app, rare).get('/users/whoami')
  t.strictSame([long.headers['retry-after'], long.json().retry_after], ['3600', '3600'])
  await ada.patch(`/api_key/${id}`, { rate_limit: { limit: 1000, window_seconds: 60 } })
  clock.advance(1)
  t.equal((await client.get('/users/whoami')).statusCode, 200, 'a higher limit applies to what follows')
})

t.test('a key counts together with the keys that it creates and is rotated into', async t => {
  const { app, as } = await buildApp(t, proxied)
  const ada = await as('ada')
  const { api_key: key, id } = await create(ada, { rate_limit: { limit: 6, window_seconds: 3600 } })
  const first = withKey(app, key) // two uses: the creation and the rotation
  const { api_key: child } = await create(first, {})
  const rotated = (await first.post(`/api_key/${id}/rotate`, { overlap_seconds: 600 })).json()
  t.match(rotated, { rate_limit: { limit: 6, window_seconds: 3600 } })
  const statuses: number[] = []
  for (const each of [child, rotated.api_key, key, child, rotated.api_key, key, child]) {
    statuses.push((await withKey(app, each).get('/users/whoami')).statusCode)
  }
  t.strictSame(statuses, [200, 200, 200, 200, 429, 429, 429])
})

t.test('a network that is refused is reported, whatever asks about the key', async t => {
  const { anonymous, admin, as, form, logs } = await buildApp(t, {
    env: { ...proxied.env, LANGFLOW_PUBLIC_URL: 'https://auth.example.org', LANGFLOW_IDENTITY_AUDIENCES: 'app' }
  })
  const { api_key: caller } = await create(await admin(), { scopes: ['introspect'] })
  const ada = await as('ada')
  const ask = (path: string, fields: Record<string, string>, own = {}) => {
    const { payload, headers } = form(fields)
    const from = { 'x-forwarded-for': '203.0.113.9' }
    return anonymous.post(path, payload, { prefix: '', headers: { ...headers, ...from, ...own } })
  }
  const reported = (id: string) => logs.filter(line => line.includes('"api_key_network_refused"') && line.includes(id))
  const [first, second] = [
    await create(ada, { allowed_networks: ['192.0.2.0/24'] }), await create(ada, { allowed_networks: ['192.0.2.0/24'] })
  ]
  const exchanged = await ask('/oauth2/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: first.api_key,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'app'
  })
  t.equal(exchanged.statusCode, 400)
  t.match(reported(first.id).map(line => JSON.parse(line)), [{ address: '203.0.113.9', user: ada.user.id }])
  await ask('/oauth2/introspect', { token: second.api_key, client_address: '198.51.100.1' }, { 'x-api-key': caller })
  t.match(reported(second.id).map(line => JSON.parse(line)), [{ address: '198.51.100.1', user: ada.user.id }])
})

t.test('introspection checks the networks of the client that it is told about', async t => {
  const { anonymous, admin, as, form } = await buildApp(t, proxied)
  const { api_key: caller } = await create(await admin(), { scopes: ['introspect'] })
  const { api_key: key } = await create(await as('ada'), { allowed_networks: ['192.0.2.0/24'], scopes: ['flows:read'] })
  const introspect = (fields: Record<string, string>) => {
    const { payload, headers } = form({ token: key, ...fields })
    return anonymous.post('/oauth2/introspect', payload, { prefix: '', headers: { ...headers, 'x-api-key': caller } })
  }
  t.match((await introspect({ client_address: '192.0.2.9' })).json(), { active: true, scope: 'flows:read' })
  t.strictSame((await introspect({ client_address: '203.0.113.9' })).json(), { active: false })
  t.strictSame((await introspect({})).json(), { active: false }, 'without the address: not active')
  const wrong = await introspect({ client_address: 'localhost' })
  t.match({ status: wrong.statusCode, body: wrong.json() }, {
    status: 400, body: { error: 'invalid_request', error_description: 'client_address: It must be an IP address' }
  })
})
