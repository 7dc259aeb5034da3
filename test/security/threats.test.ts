import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { loadConfig } from '../../src/config.ts'
import { ADMIN, buildApp, createClient, PASSWORD } from '../helpers/app.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { openLasting } from '../helpers/database.ts'
import { rawRequest, sendRaw } from '../helpers/raw.ts'

t.test('tokens are accepted only in their header or cookie', async t => {
  const { app, as, anonymous } = await buildApp(t)
  const { tokens: { access_token: token, refresh_token: refresh } } = await as('ada')
  for (const name of ['access_token', 'token', 'authorization', 'access_token_lf', 'Bearer']) {
    t.equal((await anonymous.get(`/users/whoami?${name}=${token}`)).statusCode, 403, `in the query string as ${name}`)
    t.equal((await anonymous.post('/refresh', { [name]: refresh })).statusCode, 401, `in a body as ${name}`)
  }
  const schemes = ['Basic', 'Token', 'JWT', 'Digest', '']
  for (const scheme of schemes) {
    const authorization = `${scheme} ${scheme === 'Basic' ? Buffer.from(`x:${token}`).toString('base64') : token}`.trim()
    t.equal((await anonymous.get('/users/whoami', undefined, { headers: { authorization } })).statusCode, 403, scheme)
  }
  const bytes = `Bearer ${token.slice(0, -4)}\xff\xfe\xfd\xfc`
  t.equal((await anonymous.get('/users/whoami', undefined, { headers: { authorization: bytes } })).statusCode, 401)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo // a TCP server has an AddressInfo
  const url = `http://127.0.0.1:${port}`
  const ask = async (...lines: string[]) => (await sendRaw(url, [
    ['GET /api/v1/users/whoami HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n')])).status
  t.equal(await ask(`Authorization: Bearer ${token}`), 200)
  t.equal(await ask(`Authorization: Bearer ${'x'.repeat(64 * 1024)}`), 431)
  t.not(await ask('Authorization: Bearer bad', `Authorization: Bearer ${token}`), 200, 'the first of two is invalid')
  t.not(await ask('X-Api-Key: sk-bad', 'X-Api-Key: sk-worse'), 200)
  const wild = rawRequest('GET /api/v1/users/whoami', { 'x-api-key': '*', connection: 'close' })
  t.equal((await sendRaw(url, [wild])).status, 403)
})

t.test('an absolute request target does not redirect the response', async t => {
  const { app } = await buildApp(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo // a TCP server has an AddressInfo
  const ask = (line: string, host = 'x') =>
    sendRaw(`http://127.0.0.1:${port}`, [rawRequest(line, { host, connection: 'close' })])
  t.equal((await ask('GET http://evil.example/health')).status, 200)
  t.match((await ask('GET http://evil.example/api/v1/folders/?a=1')).head, /^location: \/api\/v1\/projects\/\?a=1\r?$/im)
  t.match((await ask('GET /api/v1/folders/x/y?a=1', 'evil.example/../x@y')).head,
    /^location: \/api\/v1\/projects\/x\/y\?a=1\r?$/im)
  for (const line of ['CONNECT evil.example:443', 'TRACE /api/v1/users/whoami', 'OPTIONS *', 'PRI *']) {
    const { status, head, isClosed } = await ask(line)
    t.ok(isClosed && !(status < 400), `${line}: ${status}`)
    t.notMatch(head, /evil/)
  }
})

t.test('revoked access stays revoked', async t => {
  const database = await openLasting(t)
  const first = await buildApp(t, { database })
  const [boss, ada, bob] = [await first.admin(), await first.as('ada'), await first.as('bob')]
  const path = `/users/${ada.user.id}`
  await boss.patch(path, { is_active: false })
  await boss.patch(path, { is_active: true })
  t.equal((await ada.get('/users/whoami')).statusCode, 401, 'by a deactivation, after the account is active again')
  const refresh = (token: string) =>
    first.anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: token } })
  t.equal((await refresh(ada.tokens.refresh_token)).statusCode, 401)
  await boss.delete(`/users/${bob.user.id}`)
  const again = await first.as('bob')
  t.not(again.user.id, bob.user.id)
  t.equal((await bob.get('/users/whoami')).statusCode, 401, 'by a deletion, when the username is used again')
  t.equal((await refresh(bob.tokens.refresh_token)).statusCode, 401)
  const [one, two] = [await again.signInAgain(), await again.signInAgain()]
  t.not(one.json().access_token, two.json().access_token, 'two sign-ins within a second are two sessions')
  t.not(one.json().refresh_token, two.json().refresh_token)

  await boss.patch(`/users/${again.user.id}`, { is_superuser: true })
  t.equal((await again.get('/users/')).statusCode, 200)
  await boss.patch(`/users/${again.user.id}`, { is_superuser: false })
  const after = await Promise.all(Array.from({ length: 20 }, () => again.get('/users/')))
  t.strictSame([...new Set(after.map(({ statusCode }) => statusCode))], [403], 'none succeeds after a demotion')

  await first.app.close()
  const second = await buildApp(t, { database })
  const dead = createClient(second.app, { headers: ada.bearer })
  t.equal((await dead.get('/users/whoami')).statusCode, 401, 'a restart restores nothing')
  t.equal((await createClient(second.app, { headers: boss.bearer }).get('/users/whoami')).statusCode, 200)
})

t.test('IDs have one spelling, and search texts are not interpreted', async t => {
  const { admin, as } = await buildApp(t)
  const [boss, ada, bob] = [await admin(), await as('ada'), await as('bob')]
  t.equal((await ada.get(`/users/${ada.user.id.toUpperCase()}`)).statusCode, 200)
  t.equal((await ada.patch(`/users/${bob.user.id.toUpperCase()}`, { profile_image: 'x' })).statusCode, 403)
  t.equal((await boss.delete(`/users/${boss.user.id.toUpperCase()}`)).statusCode, 400, 'the own account, with any spelling of the ID')
  for (const id of [`{${ada.user.id}}`, `urn:uuid:${ada.user.id}`, ada.user.id.replaceAll('-', ''), `${ada.user.id}%20`]) {
    t.equal((await ada.get(`/users/${id}`)).statusCode, 422, id)
  }
  for (const username of ['50%off', 'snake_case', 'back\\slash']) {
    await boss.post('/users/', { username, password: PASSWORD })
  }
  const found = async (search: string) => (await boss.get(`/users/?search=${encodeURIComponent(search)}`)).json().users
    .map(({ username }: { username: string }) => username)
  t.strictSame(await found('%'), ['50%off'])
  t.strictSame(await found('_'), ['snake_case'])
  t.strictSame(await found('\\'), ['back\\slash'])
  for (const query of ['skip=-1', 'limit=-1', 'limit=1e9', 'skip=1.5', 'skip=99999999999999999999', 'limit=NaN']) {
    t.equal((await boss.get(`/users/?${query}`)).statusCode, 422, query)
  }
})

t.test('hostile profiles do not affect other users', async t => {
  const { admin, as } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  const path = `/users/${ada.user.id}`
  const image = '<img src=x onerror=alert(1)>'
  t.equal((await ada.patch(path, { profile_image: image, optins: { a: true } })).statusCode, 200)
  const refused = [
    { profile_image: 'x'.repeat(513) }, { profile_image: { x: 1 } }, { optins: { a: 'x' } },
    { optins: { a: { b: 1 } } },
    { optins: [] }, { optins: { 'a b': true } }, { optins: { ['a'.repeat(65)]: true } },
    { optins: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`o${n}`, true])) }
  ]
  for (const body of refused) t.equal((await ada.patch(path, body)).statusCode, 422, JSON.stringify(body).slice(0, 60))
  t.equal((await ada.patch(path, { profile_image: 'x'.repeat(5 << 20) })).statusCode, 413)
  for (const body of [{ id: boss.user.id }, { create_at: '2001-01-01' }, { user_id: boss.user.id }]) {
    await ada.patch(path, body)
  }
  const list = await boss.get('/users/')
  t.equal(list.statusCode, 200)
  t.match(list.json().users.find(({ id }: { id: string }) => id === ada.user.id), {
    username: 'ada', profile_image: image, is_superuser: false, create_at: /^20[^0]/
  })
})

t.test('one of several conflicting requests succeeds', async t => {
  const { admin, as, db } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  const body = { name: 'ONE', value: 'x', default_fields: null }
  const made = await Promise.all(Array.from({ length: 20 }, () => ada.post('/variables/', body)))
  t.equal(made.filter(({ statusCode }) => statusCode === 201).length, 1)
  t.equal(await db.variable.count(), 1)
  const twins = await Promise.all(Array.from({ length: 20 }, (_, n) =>
    boss.post('/users/', { username: n % 2 ? 'Twin' : 'tWIN', password: PASSWORD })))
  t.equal(twins.filter(({ statusCode }) => statusCode === 201).length, 1)
  await boss.patch(`/users/${ada.user.id}`, { is_superuser: true })
  const demotions = await Promise.all([
    ada.patch(`/users/${boss.user.id}`, { is_superuser: false }),
    boss.patch(`/users/${ada.user.id}`, { is_superuser: false })
  ])
  t.equal(demotions.filter(({ statusCode }) => statusCode === 200).length, 1, 'one superuser remains')
  t.equal(await db.user.count({ where: { isSuperuser: true, isActive: true } }), 1)
})

t.test('an existing account with the name of the superuser is not promoted', async t => {
  const database = await openLasting(t)
  const { client: db } = database
  await db.user.create({ data: { username: 'chief', usernameKey: 'chief', passwordHash: 'none', isActive: true } })
  await t.rejects(buildApp(t, { database, env: { LANGFLOW_SUPERUSER: 'Chief' } }), /"Chief" exists and is not a superuser/)
  t.equal((await db.user.findFirstOrThrow({ where: { username: 'chief' } })).isSuperuser, false)
})

t.test('switching auto login off leaves no access', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_SUPERUSER: 'langflow', LANGFLOW_SUPERUSER_PASSWORD: 'langflow' }
  const open = await buildApp(t, { database, env: { ...env, LANGFLOW_AUTO_LOGIN: 'true' } })
  const visitor = await open.anonymous.get('/auto_login')
  t.equal(visitor.statusCode, 200)
  const { access_token: access, refresh_token: refresh } = visitor.json()
  const closed = await buildApp(t, { database, env })
  const headers = { authorization: `Bearer ${access}` }
  t.equal((await closed.anonymous.get('/users/whoami', undefined, { headers })).statusCode, 401)
  const cookies = { refresh_token_lf: refresh }
  t.equal((await closed.anonymous.post('/refresh', undefined, { cookies })).statusCode, 401)
  t.equal((await closed.login('langflow', 'langflow')).statusCode, 401, 'nor with the default password')
  t.equal((await closed.anonymous.get('/auto_login')).statusCode, 403)
})

t.test('a world-readable secret file causes a warning, an unreadable one an error', async t => {
  const path = join(temporaryFolder(t), 'password')
  writeFileSync(path, `${ADMIN.password}\n`)
  const load = () => loadConfig([{ label: 'test', values: { LANGFLOW_SUPERUSER_PASSWORD_FILE: path } }])
  chmodSync(path, 0o644)
  t.match(load().warnings, [{ subject: 'LANGFLOW_SUPERUSER_PASSWORD_FILE', remedy: `chmod o-r ${path}` }])
  chmodSync(path, 0o600)
  t.notMatch(JSON.stringify(load().warnings), '_FILE')
  t.equal(load().superuserPassword, ADMIN.password)
  t.throws(() => loadConfig([{ label: 'test', values: { LANGFLOW_SECRET_KEY_FILE: `${path}.gone` } }]), /ENOENT/)
})
