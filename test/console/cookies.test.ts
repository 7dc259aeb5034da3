import t from 'tap'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { needsChromium, openBrowser } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.setTimeout(180_000)

const junk = ['junk', '"quoted', `eyJ${'a'.repeat(500)}.b.c`]

t.test('invalid cookies block neither the pages nor a sign-in', needsChromium, async t => {
  const { visitor, url, trouble } = await openConsole(t)
  for (const value of junk) {
    const { context, tab } = await visitor()
    const cookies = ['access_token_lf', 'refresh_token_lf'].map(name => ({ name, value, url, httpOnly: true }))
    await context.addCookies(cookies)
    for (const path of ['/login', '/', '/flows']) {
      const page = await tab(path)
      await page.getByRole('button', { name: 'Sign in' }).waitFor()
      await page.close()
    }
    await context.addCookies(cookies)
    const page = await tab('/flows')
    await signIn(page, ADMIN.username)
    await page.getByRole('button', { name: 'New flow' }).first().waitFor()
    t.equal(await page.evaluate("fetch('/api/v1/users/whoami').then(answer => answer.status)"), 200)
    await context.close()
  }
  t.strictSame(trouble, [])
})

const ways: Array<[string, Record<string, string>, string, RegExp]> = [
  ['cookies that are Secure on a page over http', { LANGFLOW_ACCESS_SECURE: 'true', LANGFLOW_REFRESH_SECURE: 'true' },
    'app.test', /Over http, browsers reject Secure cookies.*LANGFLOW_ACCESS_SECURE/],
  ['cookies of another domain', { LANGFLOW_COOKIE_DOMAIN: 'example.org' },
    'app.test', /LANGFLOW_COOKIE_DOMAIN.*must be app\.test or a parent domain/],
  ['cookies of a sibling domain', { LANGFLOW_COOKIE_DOMAIN: 'other.app.test' },
    'www.app.test', /LANGFLOW_COOKIE_DOMAIN.*must be www\.app\.test/]
]

for (const [name, env, host, reason] of ways) {
  t.test(`the sign-in page explains ${name}`, needsChromium, async t => {
    const { app } = await buildApp(t, { env })
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const browser = await openBrowser(t, ['--host-resolver-rules=MAP *.test 127.0.0.1'])
    const page = await browser.newPage()
    await page.goto(`http://${host}:${port}/login`)
    await page.getByLabel('Username').fill(ADMIN.username)
    await page.getByLabel(/^Password/).fill(ADMIN.password)
    await page.keyboard.press('Enter')
    const alert = page.getByRole('alert')
    await alert.getByText('Cookie not stored').waitFor()
    t.match(await alert.textContent(), reason)
    t.equal(await page.getByLabel('Username').inputValue(), ADMIN.username, 'the input is kept')
  })
}

t.test('auto login explains cookies that the browser does not store', needsChromium, async t => {
  const env = { LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_COOKIE_DOMAIN: 'example.org' }
  const { visitor } = await openConsole(t, { env })
  const page = await (await visitor()).tab('/')
  await page.getByText(/LANGFLOW_COOKIE_DOMAIN.*must be 127\.0\.0\.1/).waitFor()
  t.ok(true)
})
