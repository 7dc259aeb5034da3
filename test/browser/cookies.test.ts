import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { CookieJar } from 'tough-cookie'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { needsChromium, openBrowser } from '../helpers/browser.ts'
import { needsNginx } from '../helpers/nginx.ts'
import { startServer } from '../helpers/server.ts'
import { makeCertificate, startNginx } from '../helpers/tls.ts'

const form = new URLSearchParams(ADMIN).toString()
const cookieNames = ['access_token_lf', 'apikey_tkn_lflw', 'refresh_token_lf']

/** The three ways in which a browser can reach a server. */
const ways: Record<string, { isSecure: boolean, open: (t: Test) => Promise<string> }> = {
  http: { isSecure: false, open: async t => (await startServer(t)).url },
  https: {
    isSecure: true,
    open: async t => {
      const { cert, key } = makeCertificate(t)
      return (await startServer(t, { env: { LANGFLOW_SSL_CERT_FILE: cert, LANGFLOW_SSL_KEY_FILE: key } })).url
    }
  },
  'https ended at nginx': {
    isSecure: true,
    open: async t => {
      const { url } = await startServer(t, { env: { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' } })
      return startNginx(t, url, makeCertificate(t))
    }
  }
}

/** A client with a cookie jar that follows the rules of browsers, like curl or a script. */
function createJarClient (url: string) {
  const jar = new CookieJar()
  const post = async (path: string, body = '') => {
    const target = `${url}/api/v1${path}`
    const headers = {
      cookie: await jar.getCookieString(target),
      origin: url,
      ...(body ? { 'content-type': 'application/x-www-form-urlencoded' } : {})
    }
    const request = target.startsWith('https') ? requestHttps : requestHttp
    const { status, setCookies } = await new Promise<{ status: number, setCookies: string[] }>((resolve, reject) => {
      request(target, { method: 'POST', headers, rejectUnauthorized: false }, response => {
        response.resume()
        response.on('end', () => resolve({
          status: response.statusCode ?? 0, setCookies: response.headers['set-cookie'] ?? []
        }))
      }).on('error', reject).end(body)
    })
    for (const cookie of setCookies) await jar.setCookie(cookie, target)
    return { status, setCookies }
  }
  return { post, cookies: () => jar.getCookies(`${url}/api/v1/`) }
}

/** The attributes that must be the same when a cookie is set and removed: all but its value and expiry. */
const attributes = (cookie: string) => cookie.split('; ').map((part, index) => index === 0 ? part.split('=')[0] : part)
  .filter(part => !/^(expires|max-age)=/i.test(part ?? '')).sort().join('; ')

for (const [way, { isSecure, open }] of Object.entries(ways)) {
  const skip = way.includes('nginx') ? needsNginx : {}

  t.test(`over ${way}, a cookie jar is empty after sign-out`, skip, async t => {
    const client = createJarClient(await open(t))
    const login = await client.post('/login', form)
    t.equal(login.status, 200)
    const set = await client.cookies()
    t.strictSame(set.map(({ key }) => key).sort(), cookieNames)
    for (const { secure, httpOnly, sameSite, key } of set) {
      t.strictSame({ secure, httpOnly, sameSite }, { secure: isSecure, httpOnly: true, sameSite: 'lax' }, key)
    }
    const before = set.find(({ key }) => key === 'refresh_token_lf')?.value
    t.equal((await client.post('/refresh')).status, 200)
    t.not((await client.cookies()).find(({ key }) => key === 'refresh_token_lf')?.value, before)
    const logout = await client.post('/logout')
    t.equal(logout.status, 200)
    t.strictSame(await client.cookies(), [])
    t.strictSame(logout.setCookies.map(attributes).sort(), login.setCookies.map(attributes).sort())
    t.equal((await client.post('/refresh')).status, 401)
  })

  t.test(`over ${way}, Chromium has no cookie after sign-out`, { ...skip, ...needsChromium }, async t => {
    const url = await open(t)
    const browser = await openBrowser(t)
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    await page.goto(`${url}/login`)
    const post = (path: string, body?: string) => page.evaluate(async ([path, body]) =>
      (await fetch(`/api/v1${path}`, {
        method: 'POST',
        ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      })).status, [path, body] as const)
    t.equal(await post('/login', form), 200)
    const cookies = await context.cookies()
    t.strictSame(cookies.map(({ name }) => name).sort(), cookieNames)
    for (const { secure, httpOnly, sameSite, name } of cookies) {
      t.strictSame({ secure, httpOnly, sameSite }, { secure: isSecure, httpOnly: true, sameSite: 'Lax' }, name)
    }
    t.equal(await page.evaluate('document.cookie'), '', 'scripts cannot read them')
    t.equal(await post('/refresh'), 200)
    t.equal(await post('/logout'), 200)
    t.strictSame(await context.cookies(), [])
  })
}
