import t, { type Test } from 'tap'
import { ADMIN, buildApp as build } from '../helpers/app.ts'

type Values = Record<string, string>

const open = (t: Test, env: Values) => build(t, { env })

/** The attributes of each cookie that a sign-in or a sign-out sets, by name; without value and expiry. */
async function attributes (t: Test, env: Values, headers: Values = {}) {
  const { app } = await open(t, env)
  const of = ({ headers }: { headers: Record<string, unknown> }) =>
    [headers['set-cookie'] ?? []].flat().map(String).map(line => {
      const [pair = '', ...rest] = line.split('; ')
      return [pair.split('=')[0], ...rest.filter(part => !/^(Expires|Max-Age)=/.test(part))].join('; ')
    }).sort()
  const login = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: new URLSearchParams(ADMIN).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  })
  t.equal(login.statusCode, 200)
  const logout = await app.inject({ method: 'POST', url: '/api/v1/logout', headers })
  return { set: of(login), cleared: of(logout) }
}

const names = ['access_token_lf', 'apikey_tkn_lflw', 'refresh_token_lf']
const each = (text: string) => names.map(name => `${name}; ${text}`)

t.test('cookies are sent only below the base path, and cleared with the same attributes', async t => {
  const url = 'http://localhost:9000/flowgate'
  const below = await attributes(t, { LANGFLOW_PUBLIC_URL: url })
  t.strictSame(below.set, each('Path=/flowgate; HttpOnly; SameSite=Lax'))
  t.strictSame(below.cleared, below.set)
  const root = await attributes(t, { LANGFLOW_PUBLIC_URL: 'http://localhost:9000' })
  t.strictSame(root.set, each('Path=/; HttpOnly; SameSite=Lax'))
})

t.test('cookies of a domain are sent to every path of its hosts', async t => {
  const { set, cleared } = await attributes(t, {
    LANGFLOW_PUBLIC_URL: 'https://auth.example.org/flowgate', LANGFLOW_COOKIE_DOMAIN: 'example.org'
  })
  t.strictSame(set, each('Domain=example.org; Path=/; HttpOnly; SameSite=Lax'))
  const hostOnly = each('Path=/flowgate; HttpOnly; SameSite=Lax')
  t.strictSame(cleared, [...set, ...hostOnly].sort(), 'host-only cookies from before are cleared, too')
})

t.test('cookies are Secure for the host of an https public URL if the proxy does not forward the scheme', async t => {
  const isSecure = async (publicUrl: string, host: string, more: Values = {}) => {
    const { set } = await attributes(t, { LANGFLOW_PUBLIC_URL: publicUrl, ...more }, { host })
    const count = set.filter(line => line.includes('; Secure')).length
    t.ok(count === 0 || count === names.length, 'the same for each cookie')
    return count > 0
  }
  const url = 'https://example.org/flowgate'
  for (const host of ['example.org', 'EXAMPLE.org', 'example.org:443']) t.ok(await isSecure(url, host), host)
  t.ok(await isSecure('https://example.org:8443', 'example.org:8443'))
  for (const host of ['localhost:7860', '127.0.0.1', 'example.org:7860', 'example.org.evil.example', '']) {
    t.notOk(await isSecure(url, host), host)
  }
  t.notOk(await isSecure('http://example.org', 'example.org'))
  t.notOk(await isSecure(url, 'example.org', { LANGFLOW_ACCESS_SECURE: 'false', LANGFLOW_REFRESH_SECURE: 'false' }))
})

t.test('pages of the public URL may use cookies although the proxy changes Host, and no other origin may', async t => {
  const upstream = { host: 'flowgate:7860' }
  const { app, as } = await open(t, { LANGFLOW_PUBLIC_URL: 'https://example.org:8443/flowgate' })
  const { tokens } = await as('ada')
  const cookie = `access_token_lf=${tokens.access_token}`
  const change = (headers: Values) => app.inject({
    method: 'POST', url: '/flowgate/api/v1/api_key/', payload: {}, headers: { ...upstream, cookie, ...headers }
  })
  t.equal((await change({ origin: 'https://example.org:8443' })).statusCode, 200)
  const foreign = [
    'http://example.org:8443', 'https://example.org', 'https://example.org:8443.evil.example', 'https://evil.example',
    'https://x.example.org:8443', 'https://example.org:8443/flowgate', 'null'
  ]
  for (const origin of foreign) {
    const answer = await change({ origin })
    t.match([answer.statusCode, answer.json().code], [403, 'foreign_origin'], origin)
    t.match(answer.json().hint, /LANGFLOW_PUBLIC_URL/)
  }
  const { app: unset, as: asOther } = await open(t, {})
  const other = await asOther('ada')
  const refused = await unset.inject({
    method: 'POST',
    url: '/api/v1/api_key/',
    payload: {},
    headers: { host: 'x:1', origin: 'http://127.0.0.1:7860', cookie: `access_token_lf=${other.tokens.access_token}` }
  })
  t.equal(refused.statusCode, 403, 'the default URL is not trusted')
})

t.test('auto login accepts the host and the pages of the public URL', async t => {
  const { app } = await open(t, {
    LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_PUBLIC_URL: 'http://flowgate.example.org/flowgate'
  })
  const ask = async (headers: Values) =>
    (await app.inject({ url: '/flowgate/api/v1/auto_login', headers })).statusCode
  t.equal(await ask({ host: 'flowgate.example.org' }), 200)
  t.equal(await ask({ host: 'localhost', origin: 'http://flowgate.example.org' }), 200)
  t.equal(await ask({ host: 'flowgate.example.org.evil.example' }), 403)
  t.equal(await ask({ host: 'localhost', origin: 'https://flowgate.example.org' }), 403)
  const refused = await app.inject({ url: '/api/v1/auto_login', headers: { host: 'evil.example' } })
  t.match(refused.json(), { code: 'host_not_allowed', hint: /LANGFLOW_ALLOWED_HOSTS, or set LANGFLOW_PUBLIC_URL/ })
})

t.test('a prefix other than the base path is a warning', async t => {
  const warned = async (env: Values, prefix: string) => {
    const { app, logs } = await open(t, { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1', ...env })
    await app.inject({ url: '/api/v1/auto_login', headers: { 'x-forwarded-prefix': prefix } })
    await app.inject({
      method: 'POST', url: '/api/v1/logout', headers: { 'x-forwarded-prefix': prefix, origin: 'http://localhost' }
    })
    return logs.filter(line => line.includes('"problem":"prefix"'))
  }
  const below = { LANGFLOW_PUBLIC_URL: 'http://localhost:9000/flowgate' }
  for (const prefix of ['/flowgate', '/flowgate/', ' /flowgate ', '', '/']) {
    t.strictSame(await warned(below, prefix), [], prefix)
  }
  const differing: Array<[Values, string]> = [[below, '/other'], [below, '/flowgate/x'], [{}, '/flowgate']]
  for (const [env, prefix] of differing) {
    const lines = await warned(env, prefix)
    t.equal(lines.length, 1, prefix)
    t.match(lines[0], /Set LANGFLOW_PUBLIC_URL/)
  }
  for (const prefix of ['', '/']) t.strictSame(await warned({}, prefix), [], `${prefix} without a base path`)
})
