import type { Page } from 'playwright-core'
import t from 'tap'
import { ADMIN, createClient } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

const DAY_MS = 86_400_000
const newKey = (page: Page) => page.getByRole('button', { name: 'New API key' }).click()
const choose = async (page: Page, row: string, item: string) => {
  await page.getByRole('button', { name: `Actions for ${row}` }).first().click()
  await page.getByRole('menuitem', { name: item }).click()
}
const dayAfter = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

t.test('a new key has the scopes, expiry, networks and rate limit that were chosen', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  const submit = () => dialog.getByRole('button', { name: 'Create key' }).click()
  await newKey(page)
  t.notOk(await dialog.getByLabel('Only from these networks').isVisible(), 'optional restrictions are closed')
  await dialog.getByLabel('Name').fill('reports')
  await dialog.getByLabel('What the key may do').selectOption('Choose…')
  await dialog.getByLabel('Expires after').selectOption('On a date…')
  await submit()
  await dialog.getByText('Choose at least one').waitFor()
  await dialog.getByText('Date is required').waitFor()
  await page.locator('input[type=checkbox]:focus').waitFor() // the first field with an error
  await dialog.getByLabel('Read flows and projects').check()
  await dialog.getByLabel('List variables').check()
  const day = dayAfter(10)
  await dialog.getByLabel('Last day').fill(day)

  await dialog.getByText('Networks and rate limit').click()
  await dialog.getByLabel('Requests').fill('many')
  await submit()
  await dialog.getByText('Enter a whole number from 1 to 1,000,000').waitFor()
  await dialog.getByLabel('Requests').fill('1,000')
  await dialog.getByLabel('Period').selectOption('hour')
  await dialog.getByLabel('Only from these networks').fill('192.0.2.0/24, 192.0.2.300')
  await submit()
  await dialog.getByText('192.0.2.300: Use an address or a network in CIDR notation').waitFor()
  await page.locator('textarea:focus').waitFor()
  t.equal(await db.apiKey.count(), 0)
  await dialog.getByLabel('Only from these networks').fill('192.0.2.0/24')
  await dialog.getByRole('button', { name: 'Add my address (127.0.0.1)' }).click()
  t.equal(await dialog.getByLabel('Only from these networks').inputValue(), '192.0.2.0/24\n127.0.0.1')
  await submit()
  await dialog.getByRole('button', { name: 'I have saved it' }).click()
  const row = await db.apiKey.findFirstOrThrow()
  t.match(row, {
    name: 'reports',
    scopes: 'flows:read variables:read',
    allowedNetworks: '192.0.2.0/24 127.0.0.1/32',
    rateLimit: 1000,
    rateWindowSeconds: 3600
  })
  t.equal(row.expiresAt?.getTime(), new Date(`${day}T23:59:59`).getTime(), 'it works until the end of the day')

  const cell = page.getByRole('row', { name: /^reports / })
  await cell.getByText('1,000 per hour').waitFor()
  await page.locator('button:focus', { hasText: 'New API key' }).waitFor() // the focus returns
  await page.keyboard.press('Tab')
  await page.getByRole('tooltip').getByText('Read flows and projects').waitFor()
  await cell.getByText('2 networks').hover()
  await page.getByRole('tooltip').getByText('127.0.0.1/32').waitFor()
  t.strictSame(trouble, [])
})

t.test('the command that tries a new key is one that the key may run', needsChromium, async t => {
  const { app, signedIn, trouble, url } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  for (const [label, hasCommand] of [
    ['Read flows and projects', true], ['List API keys', true], ['List variables', true],
    ['List all accounts, their sessions and their API keys', true], ['Use the apps that this server protects', false]
  ] as const) {
    await newKey(page)
    await dialog.getByLabel('What the key may do').selectOption('Choose…')
    await dialog.getByLabel(label).check()
    await dialog.getByRole('button', { name: 'Create key' }).click()
    const key = await dialog.getByTestId('api-key').textContent() ?? ''
    t.equal(await dialog.locator('pre').count(), hasCommand ? 1 : 0, label)
    if (hasCommand) {
      const [, target = ''] = /^curl (\S+) /.exec(await dialog.locator('pre').textContent() ?? '') ?? []
      const answer = await app.inject({ url: target.replace(url, ''), headers: { 'x-api-key': key } })
      t.equal(answer.statusCode, 200, target)
    }
    await dialog.getByRole('button', { name: 'I have saved it' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  t.strictSame(trouble, [])
})

t.test('presets give the scopes that they name', needsChromium, async t => {
  const { signedIn, as, db, trouble } = await openConsole(t)
  await as('bea')
  const { page } = await signedIn('bea', '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  for (const [preset, scopes] of [
    ['Everything', null],
    ['Read only', 'account:read flows:read keys:read variables:read'],
    ['Run flows', 'apps:use flows:read']
  ] as const) {
    await newKey(page)
    await dialog.getByLabel('Name').fill(preset)
    await dialog.getByLabel('What the key may do').selectOption(preset)
    await dialog.getByRole('button', { name: 'Create key' }).click()
    await dialog.getByRole('button', { name: 'I have saved it' }).click()
    await dialog.waitFor({ state: 'detached' })
    t.match(await db.apiKey.findFirst({ where: { name: preset } }), { scopes, allowedNetworks: null, rateLimit: null })
    await page.getByRole('cell', { name: preset, exact: true }).nth(1).waitFor()
  }
  await newKey(page)
  await dialog.getByLabel('What the key may do').selectOption('Choose…')
  t.equal(await dialog.getByText('Administration').count(), 0, 'only the scopes of the account are offered')
  t.strictSame(trouble, [])
})

t.test('the longest lifetime of the server limits the choices', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t, { env: { LANGFLOW_API_KEY_MAX_DAYS: '60' } })
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  await newKey(page)
  const expiry = dialog.getByLabel('Expires after')
  t.strictSame(await expiry.locator('option').allTextContents(), ['30 days', '60 days', 'On a date…'])
  t.equal(await expiry.inputValue(), '60')
  await expiry.selectOption('On a date…')
  await dialog.getByLabel('Last day').fill(dayAfter(70))
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByText('Expiry must be at most 60 days from now').waitFor()
  await expiry.selectOption('60 days')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByRole('button', { name: 'I have saved it' }).click()
  const { expiresAt } = await db.apiKey.findFirstOrThrow()
  t.equal(Math.round(((expiresAt?.getTime() ?? 0) - Date.now()) / DAY_MS), 60)
  t.strictSame(trouble, [])
})

t.test('a rotated key works until the overlap ends', needsChromium, async t => {
  const { app, signedIn, admin, db, trouble } = await openConsole(t)
  const boss = await admin()
  const { api_key: first } = (await boss.post('/api_key/', { name: 'deploy', scopes: ['account:read'] })).json()
  const status = async (key: string) =>
    (await createClient(app, { headers: { 'x-api-key': key } }).get('/users/whoami')).statusCode
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  const rotate = async (overlap: string, note: string | RegExp) => {
    await dialog.getByLabel('How long the old key continues to work').selectOption(overlap)
    await dialog.getByRole('button', { name: 'Create new key' }).click()
    await dialog.getByText(note).waitFor()
    const key = await dialog.getByTestId('api-key').textContent() ?? ''
    await dialog.getByRole('button', { name: 'I have saved it' }).click()
    await dialog.waitFor({ state: 'detached' })
    return key
  }
  await choose(page, 'deploy', 'Rotate…')
  const second = await rotate('7 days', /The old key works until/)
  t.strictSame([await status(first), await status(second)], [200, 200])
  const [old] = await db.apiKey.findMany({ orderBy: { createdAt: 'asc' } })
  t.equal(Math.round(((old?.expiresAt?.getTime() ?? 0) - Date.now()) / DAY_MS), 7)
  await page.getByText('Replaced', { exact: true }).waitFor()
  await page.getByText(/^works until /).waitFor()
  t.equal(await page.getByRole('switch').count(), 1, 'a replaced key cannot be switched')
  await page.getByRole('button', { name: 'Actions for deploy' }).first().click()
  t.match(await page.getByRole('menuitem', { name: 'Rotate…' }).textContent(), /This key was replaced/)
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Actions for deploy' }).last().click()
  await page.getByRole('menuitem', { name: 'Rotate…' }).click()
  const third = await rotate('It stops now', 'The old key no longer works.')
  t.strictSame([await status(first), await status(second), await status(third)], [200, 403, 200])
  t.match(await db.apiKey.findMany(), [1, 2, 3].map(() => ({ scopes: 'account:read' })))
  t.strictSame(trouble, [])
})

t.test('restrictions of a key are changed, and only what changed is sent', needsChromium, async t => {
  const sent: unknown[] = []
  const { signedIn, admin, db, trouble } = await openConsole(t, {
    prepare: app => app.addHook('preHandler', async ({ method, body }) => { if (method === 'PATCH') sent.push(body) })
  })
  const boss = await admin()
  const read = { scopes: ['flows:read', 'account:read'], allowed_networks: ['192.0.2.0/24'] }
  await boss.post('/api_key/', { name: 'reports', ...read, rate_limit: { limit: 5, window_seconds: 300 } })
  await boss.post('/api_key/', { name: 'free' })
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  const save = () => dialog.getByRole('button', { name: 'Save' }).click()

  await page.getByText('5 per 5 minutes').waitFor()
  await choose(page, 'reports', 'Restrictions…')
  t.strictSame(await dialog.getByLabel('What the key may do').locator('option').allTextContents(),
    ['Read only', 'Run flows', 'Choose…'], 'scopes cannot be removed')
  t.equal(await dialog.getByLabel('Period').inputValue(), '300')
  await dialog.getByLabel('Only from these networks').fill('')
  await dialog.getByLabel('Requests').fill('')
  await save()
  await dialog.getByText('Networks can be changed but not removed.').waitFor()
  await dialog.getByText('A limit can be changed but not removed').waitFor()
  await dialog.getByLabel('Only from these networks').fill('2001:db8::/33 x')
  await dialog.getByLabel('Requests').fill('5')
  await save()
  await dialog.getByText('x: Use an address or a network').waitFor()
  await dialog.getByLabel('Only from these networks').fill('2001:db8::/33')
  await save()
  await page.getByText('Restrictions of reports saved.').waitFor()
  t.strictSame(sent.at(-1), { allowed_networks: ['2001:db8::/33'] })
  t.match(await db.apiKey.findFirst({ where: { name: 'reports' } }), {
    scopes: 'account:read flows:read', allowedNetworks: '2001:db8::/33', rateLimit: 5, rateWindowSeconds: 300
  })

  await choose(page, 'free', 'Restrictions…')
  await dialog.getByLabel('What the key may do').selectOption('Run flows')
  await dialog.getByLabel('Requests').fill('10')
  await save()
  await page.getByText('Restrictions of free saved.').waitFor()
  t.strictSame(sent.at(-1), { scopes: ['apps:use', 'flows:read'], rate_limit: { limit: 10, window_seconds: 60 } })
  t.strictSame(trouble, [])
})

t.test('the usage of a key is a chart and a table', needsChromium, async t => {
  const { signedIn, admin, db, trouble } = await openConsole(t)
  const boss = await admin()
  const { id } = (await boss.post('/api_key/', { name: 'busy' })).json()
  await boss.post('/api_key/', { name: 'idle' })
  const today = Math.floor(Date.now() / DAY_MS)
  await db.apiKeyUses.createMany({
    data: [[0, 7n], [3, 1200n], [29, 1n]].map(([ago, uses]) => ({
      apiKeyId: id, day: new Date((today - Number(ago)) * DAY_MS), uses: BigInt(uses ?? 0)
    }))
  })
  await db.apiKey.update({ where: { id }, data: { totalUses: 5000n } })
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const dialog = page.getByRole('dialog')
  await choose(page, 'busy', 'Usage…')
  await dialog.getByText('1,208', { exact: true }).waitFor()
  await dialog.getByText('5,000', { exact: true }).waitFor()
  const bars = dialog.locator('svg rect')
  t.equal(await bars.count(), 30)
  t.equal(await bars.last().getAttribute('data-today'), 'true')
  t.match(await bars.last().textContent(), /7 requests/)
  await dialog.locator('summary').focus()
  await page.keyboard.press('Enter')
  t.match(await dialog.getByRole('row').allTextContents(), [/Day/, /7$/, /1,200$/, /1$/])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.locator('button:focus[aria-label="Actions for busy"]').waitFor()

  await choose(page, 'idle', 'Usage…')
  await dialog.getByText('Last 30 days').waitFor()
  t.equal(await bars.count(), 0, 'an unused key has no chart')
  t.strictSame(trouble, [])
})

t.test('a restricted key needs only the keyboard', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/settings/api-keys')
  const { keyboard } = page
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'New API key' }).waitFor()
  await keyboard.press('n')
  await dialog.getByLabel('Name').waitFor()
  await keyboard.type('typed')
  await keyboard.press('Tab')
  await keyboard.type('Choose')
  await dialog.getByText('Flows and apps').waitFor()
  await keyboard.press('Tab')
  await keyboard.press('Space')
  t.ok(await dialog.getByLabel('Read flows and projects').isChecked())
  const isAt = async () => await page.locator('summary:focus').count() === 1
  for (let presses = 0; presses < 30 && !await isAt(); presses++) await keyboard.press('Tab')
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  await keyboard.type('192.0.2.1')
  await keyboard.press('Tab') // adds the address of the browser
  await keyboard.press('Tab')
  await keyboard.type('3')
  await keyboard.press('Enter')
  await dialog.getByTestId('api-key').waitFor()
  t.match(await db.apiKey.findFirst(), {
    name: 'typed', scopes: 'flows:read', allowedNetworks: '192.0.2.1/32', rateLimit: 3
  })
  t.strictSame(trouble, [])
})
