import type { InjectOptions } from 'fastify'
import t from 'tap'
import type { Database } from '../../src/db.ts'
import { buildApp, createClient } from '../helpers/app.ts'
import { openMemory } from '../helpers/database.ts'
import { ACCESS_TOKEN, decode, exchange, introspect, postForm, TOKEN_EXCHANGE } from '../helpers/oauth.ts'

const env = { LANGFLOW_PUBLIC_URL: 'https://auth.test', LANGFLOW_IDENTITY_AUDIENCES: 'reports,https://wiki.test/' }
const basic = (key: string, name = 'wiki') => ({ authorization: `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}` })

async function cast (t: Parameters<typeof buildApp>[0], more = {}, database?: Database) {
  const built = await buildApp(t, { env: { ...env, ...more }, ...(database ? { database } : {}) })
  const [ada, boss] = [await built.as('ada'), await built.admin()]
  const keyOf = async (owner: typeof ada, body = {}): Promise<{ id: string, api_key: string }> =>
    (await owner.post('/api_key/', { name: 'k', ...body })).json()
  const serviceKey = (await keyOf(boss)).api_key
  return { ...built, ada, boss, keyOf, service: { 'x-api-key': serviceKey }, serviceKey }
}

t.test('introspection describes an access token and an API key', async t => {
  const { app, ada, boss, keyOf, service } = await cast(t)
  const token = (await introspect(app, ada.tokens.access_token, service)).json()
  const { claims } = decode(ada.tokens.access_token)
  t.match(token, {
    active: true,
    sub: ada.user.id,
    username: 'ada',
    token_type: 'Bearer',
    credential: 'session',
    groups: [],
    access: 'editor',
    amr: ['pwd'],
    exp: claims['exp'],
    iat: claims['iat'],
    jti: claims['jti'],
    sid: claims['sid'],
    iss: 'flowgate',
    auth_time: Number
  })
  t.match(token.scope, /^account:read account:write .*flows:read/)
  t.notMatch(token.scope, /users:|introspect/)

  const { id, api_key: key } = await keyOf(ada, { expires_at: '2030-01-01T00:00:00Z' })
  const found = (await introspect(app, key, service)).json()
  t.match(found, { active: true, username: 'ada', credential: 'api_key', exp: Date.UTC(2030, 0, 1) / 1000 })
  for (const member of ['token_type', 'sid', 'jti', 'iss', 'aud', 'amr']) t.notOk(member in found, member)
  t.notOk(JSON.stringify(found).includes(key))
  await app.services.usage.flush()
  t.equal((await ada.get('/api_key/')).json().api_keys.find((row: { id: string }) => row.id === id).total_uses, 1,
    'the service used the key')

  const administrator = (await introspect(app, boss.tokens.access_token, service)).json()
  t.match(administrator, { groups: ['superusers'], access: 'admin', scope: /introspect/ })
})

t.test('an invalid credential is only inactive, whatever the reason', async t => {
  const { app, ada, boss, keyOf, service, clock, as } = await cast(t)
  const expired = await keyOf(ada, { expires_at: new Date(Date.now() + 60_000).toISOString() })
  const [deleted, inactive] = [await keyOf(ada), await keyOf(ada)]
  await ada.delete(`/api_key/${deleted.id}`)
  await ada.patch(`/api_key/${inactive.id}`, { is_active: false })
  const carol = await as('carol')
  const ownerless = await keyOf(carol)
  await boss.patch(`/users/${carol.user.id}`, { is_active: false })
  const identity = (await exchange(app, ada.tokens.access_token)).json().access_token
  const gone = (await ada.signInAgain()).json().access_token
  await createClient(app, { headers: { authorization: `Bearer ${gone}` } }).post('/logout')
  clock.advance(61)
  const tokens = {
    expired: expired.api_key,
    deleted: deleted.api_key,
    inactive: inactive.api_key,
    'of a deactivated account': ownerless.api_key,
    'a session of a deactivated account': carol.tokens.access_token,
    'an ended session': gone,
    'a refresh token': ada.tokens.refresh_token,
    'an identity token': identity,
    'never issued': `sk-${'a'.repeat(43)}`,
    'a word': 'x',
    'a long text': 'x'.repeat(4096),
    'no JWT': '..',
    'not ASCII': 'schlüssel',
    NUL: 'a\0b'
  }
  for (const [name, token] of Object.entries(tokens)) {
    const answer = await introspect(app, token, service)
    t.strictSame([answer.statusCode, answer.body], [200, '{"active":false}'], name)
  }
  t.equal((await introspect(app, ada.tokens.access_token, service)).json().active, true)
  clock.advance(3600)
  t.equal((await introspect(app, ada.tokens.access_token, service)).json().active, false, 'an expired access token')
})

t.test('a service authenticates with an API key, in a header', async t => {
  const { app, ada, boss, keyOf, service, serviceKey } = await cast(t)
  const { tokens: { access_token: token } } = ada
  const accepted: Record<string, Record<string, string>> = {
    'x-api-key': service,
    'HTTP Basic': basic(serviceKey),
    'HTTP Basic without a user name': basic(serviceKey, ''),
    'a bearer key': { authorization: `Bearer ${serviceKey}` },
    'an access token of a superuser': boss.bearer
  }
  for (const [name, headers] of Object.entries(accepted)) {
    t.match((await introspect(app, token, headers)).json(), { active: true, username: 'ada' }, name)
  }
  const { api_key: weak } = await keyOf(ada)
  for (const [name, headers] of Object.entries({
    'the key of an account': { 'x-api-key': weak }, 'its access token': ada.bearer, 'HTTP Basic': basic(weak)
  })) {
    const answer = await introspect(app, token, headers as Record<string, string>)
    t.equal(answer.statusCode, 403, name)
    t.strictSame(answer.json(), { error: 'insufficient_scope', error_description: 'The scope introspect is required' })
    t.equal(answer.headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="introspect"', name)
  }
  const refused: Record<string, Record<string, string>> = {
    nothing: {},
    'a wrong key': { 'x-api-key': `sk-${'b'.repeat(43)}` },
    'a wrong password': basic('secret'),
    'HTTP Basic that is not base64': { authorization: 'Basic %%%' },
    'HTTP Basic without a colon': { authorization: `Basic ${Buffer.from(serviceKey).toString('base64')}` },
    'a cookie': { cookie: `access_token_lf=${boss.tokens.access_token}` },
    'another scheme': { authorization: `Digest ${serviceKey}` }
  }
  for (const [name, headers] of Object.entries(refused)) {
    const answer = await introspect(app, token, headers)
    t.equal(answer.statusCode, 401, name)
    t.match(answer.json(), { error: 'invalid_client', error_description: String }, name)
    t.equal(answer.headers['www-authenticate'], 'Basic realm="Flowgate"', name)
    t.notMatch(answer.body, /ada|active/, name)
  }
  const ofScheme = 'Bearer realm="Flowgate", error="invalid_token"'
  for (const token of ['x', `sk-${'b'.repeat(43)}`, '']) {
    const answer = await introspect(app, ada.tokens.access_token, { authorization: `Bearer ${token}` })
    t.match([answer.statusCode, answer.json().error], [401, 'invalid_client'], token)
    t.equal(answer.headers['www-authenticate'], ofScheme, 'the challenge has the scheme of the client')
  }
  const inQuery = await postForm(app, `/oauth2/introspect?x-api-key=${serviceKey}`, { token })
  t.equal(inQuery.statusCode, 401, 'a key in the URL does not count')
})

t.test('auto login does not authenticate services', async t => {
  const { app } = await buildApp(t, {
    env: { ...env, LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_SKIP_AUTH_AUTO_LOGIN: 'true' }
  })
  t.equal((await app.inject('/api/v1/users/whoami')).statusCode, 200)
  t.equal((await introspect(app, 'x', {})).statusCode, 401)
})

t.test('revocation ends the session of a token, or deletes the key', async t => {
  const { app, ada, keyOf, logs } = await cast(t)
  const revoke = (token: string) => postForm(app, '/oauth2/revoke', { token, token_type_hint: 'access_token' })
  const statusOf = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/api/v1/users/whoami', headers })).statusCode

  const key = await keyOf(ada)
  const derived = await keyOf(createClient(app, { headers: { 'x-api-key': key.api_key } }) as typeof ada)
  t.equal(await statusOf({ 'x-api-key': derived.api_key }), 200)
  t.strictSame([(await revoke(key.api_key)).statusCode, (await revoke(key.api_key)).statusCode], [200, 200])
  t.equal(await statusOf({ 'x-api-key': key.api_key }), 403)
  t.equal(await statusOf({ 'x-api-key': derived.api_key }), 403, 'and the key that it created')
  t.equal((await ada.get('/api_key/')).json().total_count, 0)
  t.match(logs.map(line => JSON.parse(line)).filter(({ event }) => event === 'api_key_deleted'),
    [{ subject: key.id, user: ada.user.id, via: 'api_key', api_key: key.id }])

  const second = (await ada.signInAgain()).json()
  t.equal((await revoke(second.refresh_token)).statusCode, 200)
  t.equal(await statusOf({ authorization: `Bearer ${second.access_token}` }), 401, 'by the refresh token')
  t.equal(await statusOf(ada.bearer), 200, 'the other session goes on')
  t.equal((await revoke(ada.tokens.access_token)).statusCode, 200)
  t.equal(await statusOf(ada.bearer), 401)
  const again = (await ada.signInAgain()).json().access_token
  const refused = await revoke((await exchange(app, again)).json().access_token)
  t.match([refused.statusCode, refused.json()], [400, { error: 'unsupported_token_type' }], 'it stays valid')
  for (const token of ['x', 'sk-unknown', ada.tokens.access_token]) {
    const { statusCode, body } = await revoke(token)
    t.strictSame([statusCode, body], [200, '{}'], 'an invalid token is no error (RFC 7009, 2.2)')
  }
})

t.test('token exchange returns an identity token for a registered audience', async t => {
  const { app, ada, boss, keyOf } = await cast(t)
  const answer = await exchange(app, ada.tokens.access_token, { scope: 'flows:read keys:read' })
  t.match([answer.statusCode, answer.headers['cache-control'], answer.headers['pragma']], [200, 'no-store', 'no-cache'])
  t.match(answer.json(), {
    issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'flows:read keys:read'
  })
  const { header, claims } = decode(answer.json().access_token)
  t.match(header, { alg: 'RS256', typ: 'JWT', kid: String })
  t.match(claims, {
    iss: 'https://auth.test',
    aud: 'reports',
    sub: ada.user.id,
    preferred_username: 'ada',
    name: 'ada',
    groups: [],
    access: 'editor',
    scope: 'flows:read keys:read',
    amr: ['pwd'],
    sid: decode(ada.tokens.access_token).claims['sid'],
    jti: String
  })
  t.equal(claims['exp'] - claims['iat'], 300)
  t.ok(Math.abs(claims['auth_time'] - Date.now() / 1000) < 60)

  const forBoss = await exchange(app, boss.tokens.access_token, { audience: 'https://wiki.test/' })
  const whole = decode(forBoss.json().access_token)
  t.match(whole.claims, { aud: 'https://wiki.test/', groups: ['superusers'], access: 'admin', scope: /users:write/ })

  const key = await keyOf(ada, { expires_at: new Date(Date.now() + 30_000).toISOString() })
  const byKey = await exchange(app, key.api_key)
  const ofKey = decode(byKey.json().access_token).claims
  t.ok(ofKey['exp'] - ofKey['iat'] <= 30, 'an identity token does not outlive the key')
  t.equal(byKey.json().expires_in, ofKey['exp'] - ofKey['iat'])
  for (const member of ['amr', 'sid', 'auth_time']) t.notOk(member in ofKey, `${member}: no person signed in`)
})

t.test('an identity token is reused while half of its lifetime remains and its claims are current', async t => {
  const { app, ada, boss, clock, logs } = await cast(t)
  const tokenOf = async (fields = {}) => (await exchange(app, ada.tokens.access_token, fields)).json().access_token
  const first = await tokenOf()
  clock.advance(140)
  t.equal(await tokenOf(), first)
  t.not(await tokenOf({ audience: 'https://wiki.test/' }), first)
  t.not(await tokenOf({ scope: 'flows:read' }), first)
  clock.advance(20)
  const second = await tokenOf()
  t.not(second, first)
  await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })
  t.match(decode(await tokenOf()).claims, { access: 'admin', groups: ['superusers'] })
  const issued = logs.map(line => JSON.parse(line)).filter(({ event }) => event === 'identity_token_issued')
  t.strictSame(issued.map(({ jti }) => jti).slice(0, 1), [decode(first).claims['jti']])
  t.equal(issued.length, 5, 'one event for each signature')
  await ada.post('/logout')
  t.match((await exchange(app, ada.tokens.access_token)).json(), { error: 'invalid_request' }, 'not after the logout')
})

t.test('a scope never exceeds the credential', async t => {
  const { app, ada } = await cast(t)
  const scopes = [
    'users:read', 'flows:read users:write', 'introspect', 'no:such', 'flows:read  keys:read', ' ', 'a"b', 'ä'
  ]
  for (const scope of scopes) {
    const answer = await exchange(app, ada.tokens.access_token, { scope })
    t.equal(answer.statusCode, 400, scope)
    t.match(answer.json().error, /^invalid_(scope|request)$/, scope)
  }
  t.equal((await exchange(app, ada.tokens.access_token, { scope: 'users:read' })).json().error, 'invalid_scope')
})

t.test('every wrong parameter of an exchange is named', async t => {
  const { app, ada } = await cast(t)
  const token = ada.tokens.access_token
  const cases: Array<[Record<string, string>, string, RegExp]> = [
    [{ audience: 'unknown' }, 'invalid_target', /audience/],
    [{ audience: 'https://wiki.test' }, 'invalid_target', /audience/],
    [{ audience: 'REPORTS' }, 'invalid_target', /audience/],
    [{ audience: '' }, 'invalid_request', /audience/],
    [{ audience: 'a'.repeat(201) }, 'invalid_request', /audience: .*200/],
    [{ subject_token: '' }, 'invalid_request', /subject_token/],
    [{ subject_token: 'x' }, 'invalid_request', /subject_token is not a valid/],
    [{ subject_token: 'x'.repeat(4097) }, 'invalid_request', /subject_token: .*4096/],
    [{ subject_token: ada.tokens.refresh_token }, 'invalid_request', /subject_token/],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request', /subject_token_type/],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request', /requested_token_type/],
    [{ resource: 'https://wiki.test' }, 'invalid_target', /resource/],
    [{ actor_token: token }, 'invalid_request', /actor_token/],
    [{ grant_type: 'password' }, 'unsupported_grant_type', /token-exchange/],
    [{ grant_type: 'client_credentials' }, 'unsupported_grant_type', /token-exchange/],
    [{ grant_type: '' }, 'invalid_request', /grant_type/]
  ]
  for (const [fields, error, description] of cases) {
    const answer = await exchange(app, token, fields)
    t.equal(answer.statusCode, 400, JSON.stringify(fields).slice(0, 100))
    t.match(answer.json(), { error, error_description: description })
    t.notOk(answer.body.includes(token))
  }
  const form = { grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN }
  const several = `${new URLSearchParams(form)}&audience=reports&audience=${encodeURIComponent('https://wiki.test/')}`
  t.match((await postForm(app, '/oauth2/token', several)).json(), { error: 'invalid_target' }, 'several audiences')
  t.equal((await exchange(app, token, { requested_token_type: ACCESS_TOKEN })).statusCode, 200)
  t.equal((await exchange(app, token, { client_id: 'wiki', unknown: 'x' })).statusCode, 200, 'others are ignored')
})

t.test('without audiences there is no identity token', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  t.match((await exchange(app, ada.tokens.access_token)).json(), { error: 'invalid_target' })
})

t.test('errors below /oauth2 have the form of OAuth, and only there', async t => {
  const { app, ada, service, db } = await cast(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const sent = (url: string, payload: string, headers: Record<string, string>): InjectOptions =>
    ({ method: 'POST', url, payload, headers })
  const requests: Array<[InjectOptions, number, string]> = [
    [{ method: 'GET', url: '/oauth2/token' }, 405, 'invalid_request'],
    [{ method: 'PUT', url: '/oauth2/introspect' }, 405, 'invalid_request'],
    [{ method: 'POST', url: '/oauth2/authorize' }, 404, 'invalid_request'],
    [{ method: 'GET', url: '/oauth2/' }, 404, 'invalid_request'],
    [{ method: 'GET', url: '/oauth2/%ff' }, 400, 'invalid_request'],
    [{ method: 'POST', url: '/oauth2/token' }, 400, 'invalid_request'],
    [{ method: 'POST', url: '/oauth2/token', payload: {} }, 400, 'invalid_request'],
    [sent('/oauth2/token', '<a/>', { 'content-type': 'text/xml' }), 400, 'invalid_request'],
    [sent('/oauth2/token', 'grant_type=a&grant_type=b', form), 400, 'invalid_request'],
    [sent('/oauth2/revoke', 'token=a&token=b', form), 400, 'invalid_request'],
    [sent('/oauth2/revoke', `token=${'x'.repeat(20_000)}`, form), 413, 'invalid_request'],
    [sent('/oauth2/introspect', 'token=x', { ...form, ...service, 'content-encoding': 'gzip' }), 400, 'invalid_request']
  ]
  for (const [request, status, error] of requests) {
    const { statusCode, headers, json, body } = await app.inject(request)
    const name = `${JSON.stringify(request).slice(0, 90)} ${body}`
    t.equal(statusCode, status, name)
    const answer = json()
    t.strictSame(Object.keys(answer), ['error', 'error_description'], name)
    t.equal(answer.error, error, name)
    t.match(answer.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, name)
    t.ok(headers['x-request-id'])
    t.equal(headers['cache-control'], 'no-store')
  }
  for (const url of ['/oauth2', '/oauth2x', '/api/v1/nothing', '/.well-known/nothing']) {
    t.match((await app.inject(url)).json(), { detail: 'Not Found', code: 'not_found' }, url)
  }
  app.services.sessionTokens.logout = async () => { throw new Error('secret detail') }
  await db.$disconnect()
  const failed = await postForm(app, '/oauth2/revoke', { token: ada.tokens.access_token })
  t.equal(failed.statusCode, 500)
  t.strictSame(failed.json(), { error: 'server_error', error_description: 'Internal Server Error' })
})

t.test('an unavailable database is temporarily_unavailable', async t => {
  const database = await openMemory()
  const { run } = database
  let isDown = false
  database.run = async (statement, values) => {
    if (isDown) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    return run(statement, values)
  }
  const { app, ada, service } = await cast(t, {}, database)
  t.equal((await introspect(app, ada.tokens.access_token, service)).statusCode, 200)
  isDown = true
  await new Promise(resolve => setTimeout(resolve, 1100))
  const answer = await introspect(app, ada.tokens.access_token, service)
  t.match([answer.statusCode, answer.json().error], [503, 'temporarily_unavailable'])
  t.ok(Number(answer.headers['retry-after']) >= 1)
})
