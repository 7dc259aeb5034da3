import { equal, notEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { anyText, holds } from '../helpers/properties.ts'

const HOST = 'flowgate.example:7860'
const ALLOWED = 'https://app.example.org'
/** What can be in a header at all: Node refuses the rest before any of ours sees it. */
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

/** The rule in other words: what no browser sent passes, and what one sent from here or whence the settings allow. */
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

t.test('a change by cookie is made from our origin or not at all', async t => {
  const { as, app } = await buildApp(t, {
    env: { LANGFLOW_CORS_ORIGINS: ALLOWED, LANGFLOW_CORS_ALLOW_CREDENTIALS: 'true' }
  })
  const ada = await as('ada')
  const cookie = `access_token_lf=${ada.tokens.access_token}`
  await holds(t, 'whatever Origin and Sec-Fetch-Site say', fc.asyncProperty(aRequest, async request => {
    const { method, origin, site } = request
    const { statusCode, headers } = await app.inject({
      method: method as 'POST', // of those inject() knows
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

t.test('cookies of any kind are read or passed over, and never more', async t => {
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
