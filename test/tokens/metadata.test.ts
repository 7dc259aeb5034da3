import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { exchange } from '../helpers/oauth.ts'

const documents = [
  '/.well-known/jwks.json', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'
]

t.test('keys and metadata can be cached, and are compared by ETag', async t => {
  const { app } = await buildApp(t, { env: { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_PUBLIC_URL: 'https://auth.test' } })
  for (const url of documents) {
    const { statusCode, headers, json } = await app.inject(url)
    t.match([statusCode, headers['content-type'], headers['cache-control']],
      [200, 'application/json; charset=utf-8', 'public, max-age=300'], url)
    t.match(headers['etag'], /^"[\w-]{43}"$/)
    t.ok(json())
    for (const tag of [headers['etag'], `W/${headers['etag']}`, `"x", ${headers['etag']}`, '*']) {
      const again = await app.inject({ url, headers: { 'if-none-match': String(tag) } })
      t.strictSame([again.statusCode, again.body, again.headers['etag']], [304, '', headers['etag']], String(tag))
    }
    t.equal((await app.inject({ url, headers: { 'if-none-match': '"other"' } })).statusCode, 200)
    const head = await app.inject({ method: 'HEAD', url })
    t.strictSame([head.statusCode, head.body, head.headers['etag']], [200, '', headers['etag']])
    t.equal((await app.inject({ method: 'POST', url })).statusCode, 405)
  }
})

t.test('the metadata lists only what exists', async t => {
  const issuer = 'https://example.test/flowgate'
  const { app } = await buildApp(t, { env: { LANGFLOW_PUBLIC_URL: `${issuer}/`, LANGFLOW_IDENTITY_ALGORITHM: 'ES256' } })
  const read = async (url: string) => (await app.inject(url)).json()
  const [server, openId] = [await read(documents[1] ?? ''), await read(documents[2] ?? '')]
  t.equal(server.issuer, issuer)
  t.equal(openId.issuer, issuer)
  t.strictSame(openId.id_token_signing_alg_values_supported, ['ES256'])
  for (const name of ['authorization', 'userinfo', 'registration', 'end_session']) {
    const member = `${name}_endpoint`
    t.notOk(member in server || member in openId, member)
  }
  t.strictSame(server.response_types_supported, [])
  for (const [name, value] of Object.entries(openId)) {
    if (!/_(endpoint|uri|documentation)$/.test(name)) continue
    t.ok(String(value).startsWith(`${issuer}/`), name)
    const path = String(value).slice(issuer.length)
    const { statusCode } = await app.inject({ method: name.endsWith('_endpoint') ? 'POST' : 'GET', url: path })
    t.ok([200, 302, 400, 401].includes(statusCode), `${name}: ${path} exists (${statusCode})`)
  }
})

t.test('the documents do not depend on the caller or on the host of the request', async t => {
  const { app, admin } = await buildApp(t, {
    env: { LANGFLOW_PUBLIC_URL: 'https://auth.test', LANGFLOW_IDENTITY_AUDIENCES: 'reports' }
  })
  const boss = await admin()
  for (const url of documents) {
    const { body } = await app.inject(url)
    const headers = { ...boss.bearer, host: 'attacker.test', 'x-forwarded-host': 'attacker.test' }
    const other = await app.inject({ url, headers })
    t.equal(other.body, body, url)
    t.notMatch(body, /attacker/)
  }
  t.match((await exchange(app, boss.tokens.access_token)).statusCode, 200)
})

t.test('without LANGFLOW_PUBLIC_URL the issuer is the address of the server', async t => {
  const { app, logs } = await buildApp(t, { env: { LANGFLOW_PORT: '7861', LANGFLOW_ALGORITHM: 'ES256' } })
  t.equal((await app.inject(documents[1] ?? '')).json().issuer, 'http://127.0.0.1:7861')
  t.ok(logs.some(line => /LANGFLOW_PUBLIC_URL: is not set: the issuer of tokens is http:\/\/127\.0\.0\.1:7861/.test(line)))
})
