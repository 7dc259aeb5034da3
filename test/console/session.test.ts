import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.setTimeout(180_000)

const ACCESS = 'access_token_lf'
const REFRESH = 'refresh_token_lf'

t.test('an expired access token is refreshed once for all requests', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { context, page, tab } = await signedIn(ADMIN.username, '/admin')
  await page.getByRole('row', { name: /Select administrator / }).waitFor()
  const other = await tab('/settings/sessions')
  await other.getByText('this session').waitFor()
  let renewals = 0
  context.on('request', request => { if (request.url().endsWith('/api/v1/refresh')) renewals++ })

  await context.clearCookies({ name: ACCESS })
  await page.getByLabel('Search username').fill('admin')
  await page.waitForResponse(response => response.url().includes('search=admin') && response.ok())
  t.equal(renewals, 1)

  await context.clearCookies({ name: ACCESS })
  await Promise.all([
    page.reload(), other.reload()
  ])
  await page.getByRole('row', { name: /Select administrator / }).waitFor()
  await other.getByText('this session').waitFor()
  t.ok(renewals >= 2, 'two tabs refreshed at once')
  await page.reload()
  await page.getByRole('row', { name: /Select administrator / }).waitFor()
  t.equal(new URL(other.url()).pathname, '/settings/sessions', 'without a sign-out')
  t.strictSame(trouble, [])
})

t.test('a session that ends during work asks for the password and keeps the input', needsChromium,
  async t => {
    const { signedIn, db, trouble } = await openConsole(t)
    const { context, page } = await signedIn(ADMIN.username, '/flows')
    await page.getByRole('button', { name: 'New flow' }).first().click()
    const form = page.getByRole('dialog', { name: 'New flow' })
    await form.getByLabel('Name').fill('Typed with care')
    await form.getByLabel('Description').fill('and not to be lost')
    await db.session.updateMany({ data: { endedAt: new Date(), endReason: 'revoked' } })
    await context.clearCookies({ name: ACCESS })
    await form.getByRole('button', { name: 'Create' }).click()

    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByLabel(/^Password/).fill('not the password')
    await page.keyboard.press('Enter')
    await again.getByText('Wrong username or password').waitFor()
    await again.getByLabel(/^Password/).fill(ADMIN.password)
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: /Typed with care/ }).waitFor()
    t.match(await db.flow.findFirst(), { name: 'Typed with care', description: 'and not to be lost' })
    t.equal(new URL(page.url()).pathname, '/flows')
    t.strictSame(trouble, [])
  })

t.test('a sign-out in one tab applies to the others, and so does the next sign-in', needsChromium, async t => {
  const { signedIn, as, db, trouble } = await openConsole(t)
  await as('bea')
  const { context, page, tab } = await signedIn(ADMIN.username, '/flows')
  const other = await tab('/settings/api-keys')
  await other.getByText('No API keys yet').waitFor()
  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/login**')
  await other.waitForURL('**/login?next=%2Fsettings%2Fapi-keys')
  await other.getByText('You signed out in another tab').waitFor()
  t.strictSame((await context.cookies()).filter(({ name }) => [ACCESS, REFRESH].includes(name)), [])
  t.equal(await db.session.count({ where: { endedAt: null, user: { username: ADMIN.username } } }), 0)

  await signIn(page, ADMIN.username)
  await other.waitForURL('**/settings/api-keys')
  const third = await tab('/login')
  await third.waitForURL('**/flows')
  t.strictSame(await third.evaluate('Object.keys(localStorage).concat(Object.keys(sessionStorage))'), [],
    'no storage that scripts can read')
  t.strictSame(trouble, [])
})

t.test('an unreachable server is reported, with a button to try again', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/flows')
  await page.getByText('No flows here yet').waitFor()
  await page.route('**/api/v1/variables/', route => route.abort())
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Variables' }).click()
  await page.getByText('The server cannot be reached').waitFor()
  await page.unroute('**/api/v1/variables/')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('No variables yet').waitFor()
  t.strictSame(trouble.filter(text => !text.includes('ERR_FAILED')), [])
})

t.test('the console reports that it is offline and recovers', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { context, page } = await signedIn(ADMIN.username, '/settings/sessions')
  await page.getByText('this session').waitFor()
  const told = page.getByRole('status').filter({ hasText: 'You are offline' })
  await context.setOffline(true)
  await told.waitFor()
  await context.setOffline(false)
  await told.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Flows' }).click()
  await page.getByRole('button', { name: 'New flow' }).first().waitFor()
  t.strictSame(trouble, [])
})
