import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { appsEnv, buildGate, navigation, PUBLIC_URL, writeRules } from '../helpers/apps.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.setTimeout(180_000)

const RULES = `
rules:
  - hosts: [app.example.test, "*.apps.example.test", "port.example.test:8443"]
    allow: signed-in
`
const APP_HOSTS = /^(app\.example\.test|([\w-]+\.)+apps\.example\.test|port\.example\.test:8443)$/

/** Spellings by which open redirects leave a host. None of them may lead to another host than those of the rules. */
const attacks = [
  'https://evil.test', 'https://evil.test/', '//evil.test', '///evil.test', '////evil.test', '/\\evil.test',
  '\\\\evil.test', '/\\/evil.test', 'https:evil.test', 'https:/evil.test', 'https:\\\\evil.test', 'https:///evil.test',
  'https://app.example.test@evil.test/', 'https://app.example.test:443@evil.test/', 'https://evil.test#app.example.test',
  'https://evil.test?app.example.test', 'https://evil.test\\app.example.test', 'https://evil.test\\@app.example.test',
  'https://app.example.test.evil.test/', 'https://evil-app.example.test/', 'https://app.example.test%2eevil.test/',
  'https://app.example.test%00.evil.test/', 'https://app.example.test\u0000.evil.test/',
  'https://app.example.test\t.evil.test/', 'https://app.example.test\n.evil.test/', 'https://app.example.test%0d%0aevil.test',
  '\thttps://evil.test', ' https://evil.test', '\u0000https://evil.test', 'ht\ntps://evil.test', 'hTTps://evil.test',
  'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'javascript://app.example.test/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'file:///etc/passwd', 'ftp://app.example.test/',
  'blob:https://app.example.test/x', 'view-source:https://evil.test', 'wss://app.example.test/',
  'https://app.example.test:8443/', 'https://port.example.test/', 'https://port.example.test:84430/',
  'http://app.example.test/', 'https://example.test/', 'https://apps.example.test/', 'https://auth.example.test.evil.test/',
  'https://evil.test/https://app.example.test/', 'https://[::ffff:7f00:1]/', 'https://2130706433/', 'https://0x7f.1/',
  'https://evil。test/', 'https://ⓔvil.test/', 'https://app.example.test。evil.test/', 'https://аpp.example.test/',
  'https://user:secret@app.example.test/', 'https://:x@app.example.test/', '?next=https://evil.test', '#https://evil.test',
  '/login?next=https://evil.test', '/%2f%2fevil.test', '/%5cevil.test', '/.evil.test', '/@evil.test', '.evil.test', '@evil.test'
]

const friends: Array<[string, string]> = [
  ['https://app.example.test', 'https://app.example.test/'],
  ['https://app.example.test/x%2Fy?q=a%20b&next=https://evil.test', 'https://app.example.test/x%2Fy?q=a%20b&next=https://evil.test'],
  ['HTTPS://APP.Example.Test:443/', 'https://app.example.test/'],
  ['https://a.b.apps.example.test/x', 'https://a.b.apps.example.test/x'],
  ['https://port.example.test:8443/', 'https://port.example.test:8443/']
]

t.test('only URLs of the hosts in the rules are accepted as destinations', async t => {
  const { as } = await buildGate(t, RULES)
  const ada = await as('ada')
  const examine = (url: string) => ada.get(`/access?url=${encodeURIComponent(url)}`)
  t.ok(attacks.length >= 50, `${attacks.length} spellings`)
  for (const url of attacks) {
    const response = await examine(url)
    t.match(response, { statusCode: 404 }, JSON.stringify(url))
    t.notMatch(response.body, 'evil', 'the URL is not repeated')
  }
  for (const [url, normalized] of friends) {
    t.match((await examine(url)).json(), { url: normalized, allowed: true }, url)
    t.match(new URL(normalized).host, APP_HOSTS)
  }
  t.match(await ada.get('/access?url='), { statusCode: 422 })
  t.match(await ada.get(`/access?url=https://app.example.test/${'x'.repeat(9000)}`), { statusCode: 422 })
  t.match(await ada.get('/access?url=https://app.example.test/&url=https://evil.test/'), { statusCode: 422 })
})

t.test('http URLs are destinations only if the server itself is reached over http', async t => {
  const { as } = await buildGate(t, RULES, { env: { LANGFLOW_PUBLIC_URL: 'http://auth.example.test' } })
  const ada = await as('ada')
  t.match((await ada.get('/access?url=http://app.example.test/')).json(), { url: 'http://app.example.test/' })
})

t.test('a redirect of /verify leads to pages of this server only', async t => {
  const { ask } = await buildGate(t, RULES)
  const hosts =
    ['evil.test', 'app.example.test@evil.test', 'app.example.test.evil.test', '[::1]', 'app.example.test:1']
  for (const host of hosts) {
    const { statusCode, headers: { location = '' } } = await ask(`https://${host}/x`, { headers: navigation })
    t.equal(statusCode, 302, host)
    t.ok(location.startsWith(`${PUBLIC_URL}/no-access?to=`), location)
  }
  const odd = await ask('https://app.example.test//evil.test/\\x', { headers: navigation })
  t.equal(new URL(String(odd.headers.location)).searchParams.get('next'), 'https://app.example.test//evil.test/\\x')
})

t.test('the sign-in page never leads to another host', needsChromium, async t => {
  const path = writeRules(t, RULES)
  const { visitor, url, trouble } = await openConsole(t, { env: { ...appsEnv(path), LANGFLOW_COOKIE_DOMAIN: '' } })
  const { context, tab } = await visitor()
  const page = await tab('/login')
  await signIn(page, ADMIN.username)
  const left: string[] = []
  await context.route(target => target.origin !== url, route => {
    left.push(route.request().url())
    return route.fulfill({ body: 'an app', contentType: 'text/html' })
  })
  for (const next of attacks) {
    await page.goto(`${url}/login?next=${encodeURIComponent(next)}`)
    await page.waitForURL(address => address.origin === url && address.pathname !== '/login')
  }
  t.strictSame(left, [], `${attacks.length} spellings, none of them leaves the server`)
  for (const [next, normalized] of friends) {
    await page.goto(`${url}/login?next=${encodeURIComponent(next)}`)
    await page.waitForURL(normalized)
  }
  t.strictSame(left, friends.map(([, normalized]) => normalized))
  t.strictSame(trouble.filter(text => !friends.some(([, normalized]) => text.includes(normalized))), [])
})
