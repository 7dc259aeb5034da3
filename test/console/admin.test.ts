import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

t.test('accounts are made, renamed, given rights, locked out and deleted', needsChromium, async t => {
  const { signedIn, as, login, db, trouble } = await openConsole(t)
  await as('bea')
  const { page } = await signedIn(ADMIN.username, '/admin')
  const dialog = page.getByRole('dialog')
  const choose = async (row: string, item: string) => {
    await page.getByRole('button', { name: `Actions for ${row}` }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  const find = (username: string) => db.user.findFirst({ where: { username } })
  const gone = () => dialog.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'New User' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Username must not be blank').waitFor()
  await dialog.getByLabel('Username').fill('BEA')
  await dialog.getByRole('button', { name: 'Generate a password' }).click()
  const password = await dialog.getByLabel(/^Password/).inputValue()
  t.match(password, /^(\w{5}-){3}\w{5}$/)
  await dialog.getByRole('switch', { name: 'Superuser' }).click({ force: true })
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('This username is taken').waitFor()
  await dialog.getByLabel('Username').fill('carol')
  await page.keyboard.press('Enter')
  await gone()
  t.match(await find('carol'), { isActive: true, isSuperuser: true })
  t.equal((await login('carol', password)).statusCode, 200)

  await choose('bea', 'Edit…')
  await dialog.getByLabel('Username').fill('beatrice')
  await page.keyboard.press('Enter')
  await gone()
  await choose('beatrice', 'Reset password…')
  await dialog.getByLabel(/^New password/).fill('beatrice')
  await dialog.getByText('Password must not be the username').waitFor()
  await dialog.getByLabel(/^New password/).fill('another pass phrase')
  await dialog.getByLabel(/^Confirm/).fill('another pass phrase')
  await page.keyboard.press('Enter')
  await gone()
  t.equal((await login('beatrice', 'another pass phrase')).statusCode, 200)
  await choose('beatrice', 'Sessions…')
  await dialog.getByText('127.0.0.1').waitFor()
  await dialog.getByRole('button', { name: 'End all' }).click()
  await gone()
  t.equal(await db.session.count({ where: { user: { username: 'beatrice' }, endedAt: null } }), 0)

  await page.getByLabel('carol is a superuser').click({ force: true })
  await dialog.getByText('carol will lose the Admin Page').waitFor()
  await dialog.getByRole('button', { name: 'Take the role away' }).click()
  await gone()
  t.match(await find('carol'), { isSuperuser: false })

  await choose('beatrice', 'Delete…')
  const confirm = dialog.getByRole('button', { name: 'Delete account' })
  t.ok(await confirm.isDisabled())
  await dialog.getByLabel(/to confirm/).fill('beatric')
  t.ok(await confirm.isDisabled(), 'almost is not enough')
  await dialog.getByLabel(/to confirm/).fill('beatrice')
  await confirm.click()
  await gone()
  t.equal(await find('beatrice'), null)
  t.strictSame(trouble, [])
})

t.test('what the server forbids is not possible, and says why', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/admin')
  await page.getByRole('row', { name: new RegExp(`^${ADMIN.username}`) }).waitFor()
  t.ok(await page.getByLabel(`${ADMIN.username} is active`).isDisabled())
  t.ok(await page.getByLabel(`${ADMIN.username} is a superuser`).isDisabled())
  await page.getByRole('group', { name: 'You are the only active superuser' }).hover()
  await page.getByRole('tooltip').getByText('You are the only active superuser').waitFor()
  await page.getByRole('button', { name: `Actions for ${ADMIN.username}` }).click()
  const item = page.getByRole('menuitem', { name: 'Delete…' })
  t.match(await item.textContent(), /You cannot delete yourself/)
  t.equal(await item.getAttribute('aria-disabled'), 'true')
  await item.click({ force: true })
  t.equal(await page.getByRole('dialog').count(), 0)
  t.strictSame(trouble, [])
})

t.test('the keyboard alone does for signing in and making a user', needsChromium, async t => {
  const { visitor, db, trouble } = await openConsole(t)
  const page = await (await visitor()).tab('/login?next=/admin')
  const { keyboard } = page
  await page.getByLabel('Username').waitFor()
  await keyboard.type(ADMIN.username)
  await keyboard.press('Tab')
  await keyboard.type(ADMIN.password)
  await keyboard.press('Enter')
  const button = page.getByRole('button', { name: 'New User' })
  await button.waitFor()
  const isFocused = async () => await page.locator('button:focus', { hasText: 'New User' }).count() === 1
  for (let presses = 0; presses < 20 && !await isFocused(); presses++) await keyboard.press('Tab')
  t.ok(await isFocused())
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.type('keys')
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Tab') // the eye
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.getByRole('row', { name: /^keys/ }).waitFor()
  t.equal(await db.user.count({ where: { username: 'keys' } }), 1)
  await page.locator('button:focus', { hasText: 'New User' }).waitFor() // the focus is back where it was
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  t.strictSame(trouble, [])
})

t.test('ten thousand accounts: the server searches, sorts and cuts pages, and nobody waits', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t)
  await db.$executeRaw`
    INSERT INTO users (id, username, username_key, password_hash, is_active, created_at, updated_at)
    SELECT gen_random_uuid(), 'user ' || i, 'user ' || i, '', true, now() - i * interval '1 hour', now()
    FROM generate_series(1, 10000) AS i`
  const { page } = await signedIn(ADMIN.username, '/admin')
  const asked: string[] = []
  page.on('request', request => {
    if (request.url().includes('/users/?')) asked.push(new URL(request.url()).search)
  })
  const rows = page.getByRole('table').getByRole('row')
  const timed = async (name: string, act: () => Promise<void>, shows: string | RegExp) => {
    const start = Date.now()
    await act()
    await page.getByText(shows).first().waitFor()
    const ms = Date.now() - start
    t.ok(ms < 2000, `${name} within two seconds`)
    return `${name} ${ms} ms`
  }
  await page.getByText('1–25 of 10,001').waitFor()
  t.equal(await rows.count(), 26, 'no more is in the page than is shown')
  const measured = [
    await timed('next page', () => page.getByRole('button', { name: 'Next page' }).click(), '26–50 of 10,001'),
    await timed('search', () => page.getByLabel('Search username').fill('user 9999'), '1–1 of 1'),
    await timed('clear', () => page.getByLabel('Clear search').click(), '1–25 of 10,001'),
    await timed('sort', () => page.getByRole('button', { name: 'Created' }).click(), ADMIN.username),
    await timed('sort again', () => page.getByRole('button', { name: 'Created' }).click(), 'user 10000')
  ]
  t.comment(`measured: 10,001 accounts in Chromium: ${measured.join(', ')}`)
  t.ok(asked.some(query => query.includes('search=user+9999') || query.includes('search=user%209999')))
  t.ok(asked.some(query => query.includes('skip=25')))
  t.ok(asked.some(query => query.includes('sort=-create_at')))
  t.strictSame(trouble, [])
})

t.test('stored names with markup stay text', needsChromium, async t => {
  const { signedIn, admin, trouble } = await openConsole(t)
  const boss = await admin()
  const name = '<img src=x onerror=alert(1)>'
  await boss.post('/users/', { username: name, password: PASSWORD })
  await boss.post('/flows/', { name, description: name })
  await boss.post('/variables/', { name, value: name, type: 'Generic', default_fields: [name] })
  const { page, tab } = await signedIn(ADMIN.username, '/admin')
  await page.getByText(name).first().waitFor()
  for (const path of ['/flows', '/settings/variables']) await (await tab(path)).getByText(name).first().waitFor()
  t.strictSame(trouble, [])
})
