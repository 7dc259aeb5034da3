import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { needsChromium, openBrowser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'

t.test('/docs works over plain http under any host name, and signs in', {
  ...needsChromium, timeout: 60_000
}, async t => {
  const { url } = await startServer(t)
  const { port } = new URL(url)
  const browser = await openBrowser(t, ['--host-resolver-rules=MAP flow.test 127.0.0.1'])
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const failed: string[] = []
  page.on('requestfailed', request => failed.push(request.url()))
  const response = await page.goto(`http://flow.test:${port}/docs`)
  t.notMatch(response?.headers()['content-security-policy'], /upgrade-insecure-requests|https:|validator/)
  await page.locator('#operations-users-whoami').waitFor()
  t.strictSame(failed, [], 'everything is loaded from this server')
  t.equal(await page.title(), 'Flowgate API')
  t.match(await page.locator('.topbar img').getAttribute('src'), /^data:image\/svg\+xml/)

  await page.locator('button.authorize').first().click()
  await page.locator('#oauth_username').fill(ADMIN.username)
  await page.locator('#oauth_password').fill(ADMIN.password)
  await page.locator('.auth-container', { has: page.locator('#oauth_username') }).locator('button.authorize').click()
  await page.locator('.auth-container h6', { hasText: 'Authorized' }).first().waitFor()
  await page.locator('.btn-done').first().click()
  const whoami = page.locator('#operations-users-whoami')
  await whoami.locator('.opblock-summary-control').click()
  await whoami.locator('.try-out__btn').click()
  await whoami.locator('.execute').click()
  await whoami.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
  t.match(await whoami.locator('.live-responses-table').innerText(), `"username": "${ADMIN.username}"`)

  const login = page.locator('#operations-auth-login')
  await login.locator('.opblock-summary-control').click()
  await login.locator('.try-out__btn').click()
  const fields = login.locator('.parameters input[type="text"]')
  await fields.first().waitFor()
  const values = await Promise.all([fields.nth(0).inputValue(), fields.nth(1).inputValue()])
  t.strictSame(values, ['ada', 'a long pass phrase'], 'the form shows examples, not random characters')
})
