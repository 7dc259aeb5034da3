import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.setTimeout(180_000)

t.test('a sign-in leads to the requested page, and never to another origin', needsChromium, async t => {
  const { visitor, trouble, url } = await openConsole(t)
  const { tab } = await visitor()
  const page = await tab('/admin?search=a')
  await page.waitForURL('**/login?next=%2Fadmin%3Fsearch%3Da')
  await signIn(page, ADMIN.username)
  await page.getByRole('table', { name: 'Accounts' }).waitFor()
  t.equal(page.url(), `${url}/admin?search=a`)
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
    const other = await tab(`/login?next=${encodeURIComponent(next)}`)
    await other.waitForURL(`${url}/flows`)
    await other.close()
  }
  t.strictSame(trouble, [])
})

t.test('a failed sign-in shows its reason beside the form', needsChromium, async t => {
  const { visitor, anonymous, admin, login, trouble } = await openConsole(t, {
    env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' }
  })
  const boss = await admin()
  await anonymous.post('/users/', { username: 'waiting', password: PASSWORD })
  const { id } = (await boss.post('/users/', { username: 'gone', password: PASSWORD })).json()
  await boss.patch(`/users/${id}`, { is_active: true })
  await login('gone', PASSWORD)
  await boss.patch(`/users/${id}`, { is_active: false })

  const page = await (await visitor()).tab('/login')
  const alert = page.getByRole('alert')
  const attempt = async (username: string, password: string) => {
    await page.getByLabel('Username').fill(username)
    await page.getByLabel(/^Password/).fill(password)
    await page.keyboard.press('Enter')
  }
  await attempt('waiting', 'not the password')
  await alert.getByText('Wrong username or password').waitFor()
  await attempt('waiting', PASSWORD)
  await alert.getByText('An administrator must approve this account').waitFor()
  await attempt('gone', PASSWORD)
  await alert.getByText('An administrator deactivated this account').waitFor()
  t.equal(await page.getByLabel('Username').inputValue(), 'gone', 'the input is kept')

  await page.route('**/api/v1/login', route => route.fulfill({
    status: 429,
    headers: { 'retry-after': '2' },
    json: { detail: 'Too many requests. Please try again later.', code: 'too_many_requests', request_id: 'x' }
  }))
  await attempt(ADMIN.username, ADMIN.password)
  await alert.getByText('Too many attempts').waitFor()
  await alert.getByText(/You can try again in [12] s/).waitFor()
  const button = page.getByRole('button', { name: 'Sign in' })
  t.ok(await button.isDisabled(), 'while throttled')
  await page.waitForTimeout(2300)
  t.ok(await button.isEnabled(), 'when the throttling ends')

  await page.unroute('**/api/v1/login')
  await page.route('**/api/v1/login', route => route.abort())
  await attempt(ADMIN.username, ADMIN.password)
  await alert.getByText('The server cannot be reached').waitFor()
  t.strictSame(trouble.filter(text => !text.includes('ERR_FAILED')), [])
})

t.test('the sign-up form shows the rules and the approval', needsChromium, async t => {
  const { visitor, trouble, db } = await openConsole(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const page = await (await visitor()).tab('/login')
  await page.getByRole('link', { name: 'Sign up' }).click()
  const send = page.getByRole('button', { name: 'Sign up' })
  const fill = async (username: string, password: string, confirmation = password) => {
    await page.getByLabel('Username').fill(username)
    await page.getByLabel(/^Password/).fill(password)
    await page.getByLabel(/^Confirm password/).fill(confirmation)
    await send.click()
  }
  await send.click()
  await page.getByText('Username must not be blank').waitFor()
  await fill('ivy', 'short', 'other')
  await page.getByText('Password must have at least 8 characters').waitFor()
  await page.getByText('The passwords do not match').waitFor()
  await fill('ivy', 'password1')
  await page.getByText('Password is among the most common ones').waitFor()
  await fill(ADMIN.username.toUpperCase(), PASSWORD)
  await page.getByText('This username is taken').waitFor()
  t.equal(await db.user.count(), 1)
  await fill('ivy', PASSWORD)
  await page.getByText(/An administrator must approve/).waitFor()
  t.match(await db.user.findFirst({ where: { username: 'ivy' } }), { isActive: false, isSuperuser: false })
  t.strictSame(trouble, [])
})

t.test('without sign-up there is no link to it; auto login needs no form', needsChromium, async t => {
  const closed = await openConsole(t, { env: { LANGFLOW_ENABLE_SIGNUP: 'false' } })
  const page = await (await closed.visitor()).tab('/login')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  t.equal(await page.getByRole('link', { name: 'Sign up' }).count(), 0)
  await page.goto('/signup')
  await page.getByText('Sign-up is disabled on this server').waitFor()

  const open = await openConsole(t, { env: { LANGFLOW_AUTO_LOGIN: 'true' } })
  const home = await (await open.visitor()).tab('/')
  await home.waitForURL('**/flows')
  await home.getByText('everyone who can reach this address acts as the superuser').waitFor()
  await home.getByRole('button', { name: ADMIN.username }).click()
  await home.getByRole('menuitem', { name: 'Admin' }).waitFor()
  t.equal(await home.getByRole('menuitem', { name: 'Sign out' }).count(), 0)
  t.strictSame([...closed.trouble, ...open.trouble], [])
})
