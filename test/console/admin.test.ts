import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

t.test('accounts are created, renamed, promoted, demoted and deleted', needsChromium, async t => {
  const { signedIn, as, login, db, trouble } = await openConsole(t)
  await as('bea')
  const { page } = await signedIn(ADMIN.username, '/admin')
  const dialog = page.getByRole('dialog')
  const choose = async (row: string, item: string) => {
    await page.getByRole('button', { name: `Actions for ${row}` }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  const find = (username: string) => db.user.findFirst({ where: { username } })
  const closed = () => dialog.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'New user' }).click()
  await dialog.getByRole('button', { name: 'Create user' }).click()
  await dialog.getByText('Username must not be blank').waitFor()
  await dialog.getByLabel('Username').fill('BEA')
  await dialog.getByRole('button', { name: 'Generate password' }).click()
  const password = await dialog.getByLabel(/^Password/).inputValue()
  t.match(password, /^(\w{5}-){3}\w{5}$/)
  await dialog.getByRole('switch', { name: 'Superuser' }).click({ force: true })
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Create user' }).click()
  await dialog.getByText('This username is taken').waitFor()
  await dialog.getByLabel('Username').fill('carol')
  await page.keyboard.press('Enter')
  await closed()
  t.match(await find('carol'), { isActive: true, isSuperuser: true })
  t.equal((await login('carol', password)).statusCode, 200)

  await choose('bea', 'Rename…')
  await dialog.getByLabel('Username').fill('beatrice')
  await page.keyboard.press('Enter')
  await closed()
  await choose('beatrice', 'Reset password…')
  await dialog.getByText('API keys of the account are switched off').waitFor()
  await dialog.getByLabel(/^New password/).fill('beatrice')
  await dialog.getByText('Password must not be the username').waitFor()
  await dialog.getByLabel(/^New password/).fill('another pass phrase')
  await dialog.getByLabel(/^Confirm/).fill('another pass phrase')
  await page.keyboard.press('Enter')
  await closed()
  t.equal((await login('beatrice', 'another pass phrase')).statusCode, 200)

  await page.getByLabel('carol is a superuser').click({ force: true })
  await dialog.getByText('carol will lose access to the admin pages').waitFor()
  await dialog.getByRole('button', { name: 'Remove role' }).click()
  await closed()
  t.match(await find('carol'), { isSuperuser: false })

  await choose('beatrice', 'Delete…')
  const confirm = dialog.getByRole('button', { name: 'Delete account' })
  t.ok(await confirm.isDisabled())
  await dialog.getByLabel(/to confirm/).fill('beatric')
  t.ok(await confirm.isDisabled(), 'a part of the name is not enough')
  await dialog.getByLabel(/to confirm/).fill('beatrice')
  await confirm.click()
  await closed()
  t.equal(await find('beatrice'), null)
  t.strictSame(trouble, [])
})

t.test('the status of an account is shown, filtered and changed', needsChromium, async t => {
  const { signedIn, admin, anonymous, login, trouble } = await openConsole(t, {
    env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false', LANGFLOW_RATE_LIMIT_ENABLED: 'true' }
  })
  const boss = await admin()
  const ids: Record<string, string> = {}
  for (const username of ['ada', 'bea', 'cleo']) {
    ids[username] = (await anonymous.post('/users/', { username, password: PASSWORD })).json().id
  }
  await boss.patch(`/users/${ids['ada']}`, { is_active: true })
  await boss.patch(`/users/${ids['ada']}`, { is_active: false })
  await boss.patch(`/users/${ids['cleo']}`, { is_active: true })
  for (let n = 0; n < 5; n++) await login('cleo', `wrong ${n}`)

  const { page } = await signedIn(ADMIN.username, '/admin')
  const row = (username: string) => page.getByRole('row', { name: new RegExp(`Select ${username} `) })
  const filter = (name: string) =>
    page.getByRole('group', { name: 'Filter by status' }).getByText(name, { exact: true })
  await row('ada').getByText('Inactive').waitFor()
  t.equal(await row('ada').getByText('Pending approval').count(), 0, 'deactivated before the first sign-in')
  await page.getByText('1 account is pending approval.').waitFor()
  await page.getByRole('button', { name: 'Review' }).click()
  await row('ada').waitFor({ state: 'detached' })
  t.equal(await page.getByRole('table').getByRole('row').count(), 2, 'the header and one account')
  await row('bea').getByRole('button', { name: 'Approve bea' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await page.getByText('No pending approvals').waitFor()
  t.match((await boss.get(`/accounts/${ids['bea']}`)).json(), { status: 'active' })

  await filter('Throttled').click()
  await row('cleo').getByText('Throttled').waitFor()
  await page.getByRole('button', { name: 'Unlock cleo' }).click()
  await page.getByText('No throttled accounts').waitFor()
  t.equal((await login('cleo', PASSWORD)).statusCode, 200)

  await filter('Inactive').click()
  await page.getByLabel('ada is active').click({ force: true })
  await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
  await page.getByText('No inactive accounts').waitFor()
  await filter('Superusers').click()
  await row(ADMIN.username).waitFor()
  t.match(page.url(), /status=superuser/)
  t.strictSame(trouble, [])
})

t.test('selected accounts are changed together, after one confirmation', needsChromium, async t => {
  const { signedIn, anonymous, db, trouble } = await openConsole(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  for (const username of ['ada', 'bea', 'cleo']) await anonymous.post('/users/', { username, password: PASSWORD })
  const { page } = await signedIn(ADMIN.username, '/admin')
  const dialog = page.getByRole('dialog')
  const action = (name: string) =>
    page.getByRole('group', { name: 'Actions for selected' }).getByText(name).click()

  await page.getByLabel('Select ada').check()
  await page.getByLabel('Select bea').check()
  await page.getByText('2 selected').waitFor()
  await page.locator('input:focus[aria-label="Select bea"]').waitFor()
  await action('Approve 2…')
  await dialog.getByText('ada, bea').waitFor()
  await dialog.getByRole('button', { name: 'Approve 2 accounts' }).click()
  await page.getByText('2 accounts approved.').waitFor()
  t.equal(await page.getByText('2 selected').count(), 0)
  t.equal(await db.user.count({ where: { isActive: true } }), 3)

  await page.getByLabel('Select all accounts on this page').check()
  await page.getByText('4 selected').waitFor()
  await action('Deactivate 2…')
  await dialog.getByText('Not affected: 2 accounts.').waitFor()
  await dialog.getByRole('button', { name: 'Deactivate 2 accounts' }).click()
  await page.getByText('2 accounts deactivated.').waitFor()

  const { id } = await db.user.findFirstOrThrow({ where: { username: 'bea' } })
  await page.route(`**/api/v1/users/${id}`, route => route.fulfill({
    status: 503, json: { detail: 'Database unavailable', code: 'database_unavailable', request_id: 'x' }
  }))
  await page.getByLabel('Select all accounts on this page').check()
  await action('Delete 3…')
  const confirm = dialog.getByRole('button', { name: 'Delete 3 accounts' })
  t.ok(await confirm.isDisabled())
  await dialog.getByLabel(/to confirm/).fill('delete 3 accounts')
  await confirm.click()
  await dialog.getByText('2 of 3 accounts deleted').waitFor()
  t.match(await dialog.getByRole('alert').textContent(), /Failed: 1 account.*bea: The server is busy/)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByLabel('Select ada').waitFor({ state: 'detached' })
  t.strictSame((await db.user.findMany({ orderBy: { username: 'asc' } })).map(({ username }) => username),
    [ADMIN.username, 'bea'])
  t.strictSame(trouble, [])
})

t.test('the page of an account shows its facts, ends sessions and deletes keys', needsChromium, async t => {
  const { signedIn, as, db, trouble } = await openConsole(t)
  const bea = await as('bea')
  await bea.signInAgain()
  await bea.signInAgain()
  await bea.post('/api_key/', { name: 'first' })
  await bea.post('/api_key/', { name: 'second' })
  const { page, context } = await signedIn(ADMIN.username, '/admin')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const dialog = page.getByRole('dialog')
  const open = () => db.session.count({ where: { userId: bea.user.id, endedAt: null } })

  await page.getByRole('link', { name: 'bea' }).click()
  await page.waitForURL(`**/admin/users/${bea.user.id}`)
  await page.getByRole('button', { name: 'Copy ID' }).click()
  await page.getByText('Copied').waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), bea.user.id)
  await page.getByText('expires in 30 days').first().waitFor()

  await page.getByRole('heading', { name: 'Sessions (3)' }).waitFor()
  await page.getByRole('button', { name: /^End the session/ }).first().click()
  await page.getByRole('heading', { name: 'Sessions (2)' }).waitFor()
  t.equal(await open(), 2)
  await page.getByRole('button', { name: 'End all…' }).click()
  await dialog.getByText('bea will be signed out on every device.').waitFor()
  t.equal(await open(), 2, 'the confirmation comes first')
  await dialog.getByRole('button', { name: 'End 2 sessions' }).click()
  await page.getByText('bea has no open session.').waitFor()
  t.equal(await open(), 0)

  await page.getByRole('button', { name: 'Delete first' }).click()
  await dialog.getByRole('button', { name: 'Delete key' }).click()
  await page.getByRole('heading', { name: 'API keys (1)' }).waitFor()
  await page.getByRole('button', { name: 'Delete all…' }).click()
  await dialog.getByRole('button', { name: 'Delete 1 API key' }).click()
  await page.getByText('bea has no API keys.').waitFor()
  t.equal(await db.apiKey.count(), 0)

  await page.getByLabel('bea is active').click({ force: true })
  await dialog.getByRole('button', { name: 'Deactivate' }).click()
  await page.getByText('Inactive').waitFor()
  await page.getByRole('button', { name: 'Actions for bea' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog.getByLabel(/to confirm/).fill('bea')
  await dialog.getByRole('button', { name: 'Delete account' }).click()
  await page.waitForURL('**/admin')
  await page.goto(`/admin/users/${bea.user.id}`)
  await page.getByText('Account not found').waitFor()
  t.strictSame(trouble, [])
})

t.test('an account shows its picture, and its initials where there is none to load', needsChromium, async t => {
  const { signedIn, as, trouble } = await openConsole(t)
  const image = 'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg"/%3E'
  for (const [name, picture] of [
    ['ada lovelace', image], ['bea.b', 'Space/046-rocket.svg'], ['cleo', '/nothing.svg']
  ] as const) {
    const user = await as(name)
    await user.patch(`/users/${user.user.id}`, { profile_image: picture })
  }
  const { page } = await signedIn(ADMIN.username, '/admin')
  const avatar = (username: string) =>
    page.getByRole('row', { name: new RegExp(`Select ${username} `) }).locator('.avatar')
  await avatar('ada lovelace').locator('img').waitFor({ state: 'attached' })
  await avatar('bea.b').getByText('BB').waitFor()
  await avatar('cleo').getByText('C').waitFor()
  t.strictSame(trouble, [])
})

t.test('actions that the server rejects are disabled, with the reason', needsChromium, async t => {
  const { signedIn, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/admin')
  await page.getByRole('row', { name: new RegExp(`Select ${ADMIN.username} `) }).waitFor()
  t.ok(await page.getByLabel(`${ADMIN.username} is active`).isDisabled())
  t.ok(await page.getByLabel(`${ADMIN.username} is a superuser`).isDisabled())
  await page.getByRole('group', { name: 'You are the only active superuser' }).hover()
  await page.getByRole('tooltip').getByText('You are the only active superuser').waitFor()
  await page.getByRole('button', { name: `Actions for ${ADMIN.username}` }).click()
  const item = page.getByRole('menuitem', { name: 'Delete…' })
  t.match(await item.textContent(), /You cannot delete your own account/)
  t.equal(await item.getAttribute('aria-disabled'), 'true')
  await item.click({ force: true })
  t.equal(await page.getByRole('dialog').count(), 0)
  t.strictSame(trouble, [])
})

t.test('a sign-in and a new user need only the keyboard', needsChromium, async t => {
  const { visitor, db, trouble } = await openConsole(t)
  const page = await (await visitor()).tab('/login?next=/admin')
  const { keyboard } = page
  await page.getByLabel('Username').waitFor()
  await keyboard.type(ADMIN.username)
  await keyboard.press('Tab')
  await keyboard.type(ADMIN.password)
  await keyboard.press('Enter')
  const button = page.getByRole('button', { name: 'New user' })
  await button.waitFor()
  const isFocused = async () => await page.locator('button:focus', { hasText: 'New user' }).count() === 1
  for (let presses = 0; presses < 20 && !await isFocused(); presses++) await keyboard.press('Tab')
  t.ok(await isFocused())
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.type('keys')
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Tab') // the visibility toggle
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.getByRole('row', { name: /Select keys / }).waitFor()
  t.equal(await db.user.count({ where: { username: 'keys' } }), 1)
  await page.locator('button:focus', { hasText: 'New user' }).waitFor() // the focus returns
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  t.strictSame(trouble, [])
})

t.test('ten thousand accounts are searched, sorted and paged within two seconds', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t)
  await db.$executeRaw`
    INSERT INTO users (id, username, username_key, password_hash, is_active, created_at, updated_at)
    SELECT gen_random_uuid(), 'user ' || i, 'user ' || i, '', true, now() - i * interval '1 hour', now()
    FROM generate_series(1, 10000) AS i`
  const { page } = await signedIn(ADMIN.username, '/admin')
  const requested: string[] = []
  page.on('request', request => {
    if (request.url().includes('/accounts?')) requested.push(new URL(request.url()).search)
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
  const created = page.getByRole('columnheader', { name: 'Created' })
  const arrow = () => created.locator('svg path').getAttribute('d')
  await page.getByText('1–25 of 10,001').waitFor()
  t.equal(await rows.count(), 26, 'the page has no more rows than it shows')
  const measured = [
    await timed('next page', () => page.getByRole('button', { name: 'Next page' }).click(), '26–50 of 10,001'),
    await timed('search', () => page.getByLabel('Search username').fill('user 9999'), '1–1 of 1'),
    await timed('clear', () => page.getByLabel('Clear search').click(), '1–25 of 10,001'),
    await timed('sort', () => created.getByRole('button').click(), ADMIN.username)
  ]
  await page.locator('th[aria-sort=descending]', { hasText: 'Created' }).waitFor()
  t.match(await arrow(), /^M8 3v10/, 'descending points down')
  measured.push(await timed('sort again', () => created.getByRole('button').click(), 'user 10000'))
  await page.locator('th[aria-sort=ascending]', { hasText: 'Created' }).waitFor()
  t.match(await arrow(), /^M8 13V3/, 'ascending points up')
  t.comment(`measured: 10,001 accounts in Chromium: ${measured.join(', ')}`)
  t.ok(requested.some(query => query.includes('search=user+9999') || query.includes('search=user%209999')))
  t.ok(requested.some(query => query.includes('skip=25')))
  t.ok(requested.some(query => query.includes('sort=-create_at')))
  t.strictSame(trouble, [])
})

t.test('a phone sorts the list by a select', needsChromium, async t => {
  const { signedIn, as, trouble } = await openConsole(t)
  await as('bea')
  const { page } = await signedIn(ADMIN.username, '/admin', { viewport: { width: 390, height: 844 } })
  const first = () => page.getByRole('table').getByRole('link').first().textContent()
  await page.getByText('1–2 of 2').waitFor()
  t.equal(await first(), ADMIN.username)
  await page.getByLabel('Sort by').selectOption('Username, descending')
  await page.waitForURL('**/admin?sort=-username')
  await page.locator('tbody tr').first().getByText('bea').waitFor()
  await page.setViewportSize({ width: 1280, height: 800 })
  t.notOk(await page.getByLabel('Sort by').isVisible(), 'headers sort on larger screens')
  t.strictSame(trouble, [])
})

t.test('long names and keys stay on one line at 1280 px', needsChromium, async t => {
  const { signedIn, admin, as, trouble } = await openConsole(t)
  const boss = await admin()
  const name = 'w'.repeat(64)
  await as(name)
  await boss.post('/api_key/', { name: 'a key with a name that is as long as names of keys are '.repeat(2) })
  const { page } = await signedIn(ADMIN.username, '/admin', { viewport: { width: 1280, height: 800 } })
  const isOneLine = async (selector: string) => {
    await page.locator(selector).first().waitFor()
    return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})]
      .every(element => element.getBoundingClientRect().height < 30)`)
  }
  t.ok(await isOneLine('td .name'))
  t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  await page.goto('/settings/api-keys')
  t.ok(await isOneLine('td .name'))
  t.ok(await isOneLine('td code'))
  t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  t.strictSame(trouble, [])
})

t.test('markup in stored names is shown as text', needsChromium, async t => {
  const { signedIn, admin, trouble } = await openConsole(t)
  const boss = await admin()
  const name = '<img src=x onerror=alert(1)>'
  const { id } = (await boss.post('/users/', { username: name, password: PASSWORD })).json()
  await boss.post('/flows/', { name, description: name })
  await boss.post('/variables/', { name, value: name, type: 'Generic', default_fields: [name] })
  const { page, tab } = await signedIn(ADMIN.username, '/admin')
  await page.getByText(name).first().waitFor()
  for (const path of ['/flows', '/settings/variables', `/admin/users/${id}`]) {
    await (await tab(path)).getByText(name).first().waitFor()
  }
  t.strictSame(trouble, [])
})
