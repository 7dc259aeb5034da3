import t from 'tap'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

t.test('an unknown address is a page for browsers and JSON for API clients', async t => {
  const { app } = await buildApp(t)
  for (const url of ['/nothing', '/admin/nothing', '/settings/nothing', '/flows/1?x=y']) {
    const page = await app.inject({ url, headers: html })
    t.equal(page.statusCode, 404, url)
    t.match(page.headers, { 'content-type': /^text\/html/, 'cache-control': 'no-store' })
    t.match(page.headers['content-security-policy'], /script-src 'self'/)
    t.match(page.body, /<div id="root">/)
    const data = await app.inject({ url })
    t.match([data.statusCode, data.json().code], [404, 'not_found'], `${url} without Accept`)
  }
  for (const [method, url] of [
    ['GET', '/api/v1/nothing'], ['GET', '/api'], ['GET', '/assets/nothing.js'], ['GET', '/nothing.php'],
    ['POST', '/nothing']
  ] as const) {
    const { statusCode, headers } = await app.inject({ method, url, headers: html })
    t.match([statusCode, headers['content-type']], [404, /^application\/json/], `${method} ${url}`)
  }
  t.equal((await app.inject({ method: 'POST', url: '/admin', headers: html })).statusCode, 405)
})

t.test('the page for unknown addresses leads back to the console', needsChromium, async t => {
  const { visitor, signedIn, trouble } = await openConsole(t)
  const page = await (await visitor()).tab('/admin/nothing')
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  t.equal(await page.title(), 'Page not found · Flowgate')
  await page.getByRole('link', { name: 'Go to the home page' }).click()
  await page.waitForURL('**/login')
  const { page: member } = await signedIn()
  await member.goto('/nothing')
  await member.getByRole('link', { name: 'Go to the home page' }).click()
  await member.waitForURL('**/flows')
  t.strictSame(trouble, [])
})

t.test('keyboard shortcuts open pages, search and lists, and can be switched off', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/flows')
  const { keyboard } = page
  const dialog = page.getByRole('dialog')
  await page.getByText('No flows here yet').waitFor()
  await keyboard.press('g')
  await keyboard.press('a')
  await page.waitForURL('**/admin')
  await page.getByRole('table').waitFor()
  await keyboard.press('/')
  await page.locator('input[type=search]:focus').waitFor()
  await keyboard.type('?gs')
  t.equal(await page.getByLabel('Search username').inputValue(), '?gs', 'keys typed into a field are text')
  await page.getByLabel('Clear search').click()
  await page.getByRole('table').waitFor()
  await keyboard.press('n')
  await dialog.getByText('New user').waitFor()
  await keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await keyboard.press('?')
  await dialog.getByText('Go to Settings').waitFor()
  await dialog.getByRole('switch', { name: 'Use keyboard shortcuts' }).click({ force: true })
  await keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.locator('body').press('?')
  await page.locator('body').press('n')
  t.equal(await dialog.count(), 0)
  await page.getByRole('button', { name: ADMIN.username, exact: true }).click()
  await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click()
  await dialog.getByRole('switch', { name: 'Use keyboard shortcuts' }).click({ force: true })
  await keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.locator('body').press('n')
  await dialog.getByText('New user').waitFor()
  t.strictSame(trouble, [])
})

t.test('the account menu links to the API documentation', needsChromium, async t => {
  const { signedIn } = await openConsole(t)
  const { page } = await signedIn()
  await page.getByRole('button', { name: ADMIN.username }).click()
  t.equal(await page.getByRole('menuitem', { name: 'API documentation' }).getAttribute('href'), '/docs')
})
