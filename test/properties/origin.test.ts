import { equal, notEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { anyText, holds } from '../helpers/properties.ts'

const HOST = 'flowgate.example:7860'
const ALLOWED = 'https://app.example.org'
/** Characters that Node accepts in a header. */
const headerText = anyText.map(text => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim())

const aHost = fc.oneof(fc.domain(), fc.constantFrom(
  HOST, `${HOST}.evil.example`, `x.${HOST}`, 'flowgate.example', 'flowgate.example:7861', 'localhost',
  '127.0.0.1:7860', '[::1]:7860'))
const anOrigin = fc.oneof(
  fc.tuple(fc.constantFrom('http', 'https', 'ftp', 'file', 'chrome-extension'), aHost).map(pair => pair.join('://')),
  fc.constantFrom('null', ALLOWED, `${ALLOWED}.evil.example`, `${ALLOWED}/`, `https://x@${HOST}`,
    `https://evil.example/${HOST}`),
  headerText)
const aSite = fc.oneof(fc.constantFrom('same-origin', 'same-site', 'cross-site', 'none'), headerText)
const aRequest = fc.record({
  method: fc.constantFrom('POST', 'PATCH', 'DELETE', 'PUT'),
  origin: fc.option(anOrigin, { nil: undefined }),
  site: fc.option(aSite, { nil: undefined })
})

/**
 * The rule, implemented independently: requests without browser headers pass, and those from this origin or from an
 * allowed one.
 */
function isForeign ({ origin, site }: { origin: string | undefined, site: string | undefined }): boolean {
  if (origin === ALLOWED) return false
  if (site !== undefined) return !['same-origin', 'none'].includes(site)
  if (origin === undefined) return false
  try {
    return new URL(origin).host !== HOST
  } catch {
    return true
  }
}

t.test('a change with a cookie requires our origin', async t => {
  const { as, app } = await buildApp(t, {
    env: { LANGFLOW_CORS_ORIGINS: ALLOWED, LANGFLOW_CORS_ALLOW_CREDENTIALS: 'true' }
  })
  const ada = await as('ada')
  const cookie = `access_token_lf=${ada.tokens.access_token}`
  await holds(t, 'whatever Origin and Sec-Fetch-Site say', fc.asyncProperty(aRequest, async request => {
    const { method, origin, site } = request
    const { statusCode, headers } = await app.inject({
      method: method as 'POST', // a method that inject() supports
      url: '/api/v1/variables/00000000-0000-4000-8000-000000000000',
      headers: {
        host: HOST,
        cookie,
        ...(origin === undefined ? {} : { origin }),
        ...(site === undefined ? {} : { 'sec-fetch-site': site })
      }
    })
    const isRoute = method === 'PATCH' || method === 'DELETE'
    if (isRoute) equal(statusCode === 403, isForeign({ origin, site }), `${statusCode}`)
    if (origin !== ALLOWED) notEqual(headers['access-control-allow-origin'], origin ?? '*')
  }))
})

t.test('any Cookie header is read or ignored', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  const name = fc.oneof(headerText, fc.constantFrom(
    'access_token_lf', 'refresh_token_lf', 'apikey_tkn_lflw', '__proto__', 'toString'))
  const jar = fc.array(fc.tuple(name, headerText).map(pair => pair.join('=')), { maxLength: 6 })
    .map(list => list.join('; '))
  await holds(t, 'nobody is let in by them, and nothing breaks', fc.asyncProperty(
    fc.oneof(jar, headerText), fc.constantFrom('/users/whoami', '/session', '/variables/'), async (cookie, path) => {
      const { statusCode, body } = await app.inject({ url: `/api/v1${path}`, headers: { cookie } })
      if (path === '/session') equal(JSON.parse(body).authenticated, false)
      else equal([401, 403, 431].includes(statusCode), true, `${statusCode}`)
    }))
  await holds(t, 'what stands before a good one does not hide it', fc.asyncProperty(
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[\w%"{}-]{0,20}$/)), async others => {
      const before = Object.entries(others).map(([key, value]) => `${key}=${value}; `).join('')
      const { statusCode } = await app.inject({
        url: '/api/v1/users/whoami', headers: { cookie: `${before}access_token_lf=${ada.tokens.access_token}` }
      })
      equal(statusCode, 200)
    }))
})

t.test('the port is compared only if Host has one', async t => {
  const { app, as } = await buildApp(t, { env: { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' } })
  const ada = await as('ada')
  const change = async (headers: Record<string, string>, cookie = true) => (await app.inject({
    method: 'DELETE',
    url: '/api/v1/sessions',
    headers: { ...(cookie ? { cookie: `access_token_lf=${ada.tokens.access_token}` } : ada.bearer), ...headers }
  })).statusCode
  await holds(t, 'any port of the same host, and no other host', fc.asyncProperty(
    fc.domain(), fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('http', 'https'), async (name, port, scheme) => {
      equal(await change({ host: name, origin: `${scheme}://${name}:${port}` }), 200)
      equal(await change({ host: `${name}:${port}`, origin: `${scheme}://${name}:${port}` }), 200)
      equal(await change({ host: name.toUpperCase(), origin: `${scheme}://${name}` }), 200)
      const other = port === 65_535 ? 1025 : port + 1
      if (port > 1024) {
        equal(await change({ host: `${name}:${port}`, origin: `${scheme}://${name}:${other}` }), 403)
        equal(await change({ host: name, 'x-forwarded-port': `${port}`, origin: `${scheme}://${name}:${port}` }), 200)
        equal(await change({ host: name, 'x-forwarded-port': `${port}`, origin: `${scheme}://${name}:${other}` }), 403)
      }
      equal(await change({ host: name, origin: `${scheme}://x.${name}:${port}` }), 403)
      equal(await change({ host: `x.${name}`, origin: `${scheme}://${name}:${port}` }), 403)
      equal(await change({ host: 'inner:7860', 'x-forwarded-host': name, origin: `${scheme}://${name}:${port}` }), 200)
      equal(await change({ host: name, origin: `${scheme}://${name}`, 'sec-fetch-site': 'same-site' }), 403)
      equal(await change({ host: 'other.example', origin: `${scheme}://${name}` }, false), 200, 'no cookie, no rule')
    }))
})

t.test('the error contains the compared origins and the remedy', async t => {
  const { anonymous, form } = await buildApp(t)
  const { payload, headers } = form({ username: 'ada', password: 'x' })
  const refuse = async (more: Record<string, string>) =>
    (await anonymous.post('/login', payload, { headers: { ...headers, ...more } })).json()
  const answer = await refuse({ host: 'inner:7860', origin: 'https://site.example' })
  t.match(answer, { code: 'foreign_origin', hint: /LANGFLOW_PUBLIC_URL.*LANGFLOW_CORS_ORIGINS/ })
  t.equal(answer.detail, 'A page of the origin https://site.example sent the request to the host inner:7860')
  t.notMatch(answer, { detail: /cookie|authenticates/ })
  t.match((await refuse({ host: 'a.example', 'sec-fetch-site': 'cross-site' })).detail, /without an Origin.*cross-site/)
  const long = await refuse({ host: 'a.example', origin: `https://${'a'.repeat(3000)}.example` })
  t.ok(long.detail.length < 500)
})
