import type { Page } from 'playwright-core'
import type { Db } from '../../src/db.ts'
import { ADMIN, type Client, PASSWORD } from './app.ts'

/** Creates data for the pages: accounts in every state, and items of the administrator for every list. */
export async function fillWithExamples (admin: Client, anonymous: Client, db: Db) {
  const names = ['ada', 'bea', 'carol', 'dora', 'emil', 'frida', 'grace', 'hedy']
  for (const username of names) await anonymous.post('/users/', { username, password: PASSWORD })
  const { users } = (await admin.get('/users/?limit=50')).json()
  const idOf = (name: string) => users.find(({ username }: { username: string }) => username === name).id
  for (const name of names.slice(0, 5)) await admin.patch(`/users/${idOf(name)}`, { is_active: true })
  await admin.patch(`/users/${idOf('ada')}`, { is_superuser: true })
  for (const username of ['ada', 'bea', 'dora']) {
    await anonymous.post('/login', new URLSearchParams({ username, password: PASSWORD }).toString(), {
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'curl/8.5.0' }
    })
  }
  await admin.patch(`/users/${idOf('dora')}`, { is_active: false })
  for (let n = 0; n < 5; n++) {
    await anonymous.post('/login', new URLSearchParams({ username: 'carol', password: `wrong ${n}` }).toString(), {
      headers: { 'content-type': 'application/x-www-form-urlencoded' }
    })
  }
  await admin.post('/projects/', { name: 'Customer support' })
  await admin.post('/flows/', {
    name: 'Answer mails', description: 'Reads a mail, searches the documentation, drafts an answer.'
  })
  await admin.post('/flows/', { name: 'Summarize calls', access_type: 'PUBLIC' })
  await admin.post('/api_key/', { name: 'nightly build', expires_at: new Date(Date.now() + 3e9).toISOString() })
  const { id } = (await admin.post('/api_key/', { name: 'old laptop' })).json()
  await admin.patch(`/api_key/${id}`, { is_active: false })
  const { id: expired } = (await admin.post('/api_key/', { name: 'a script for the yearly report' })).json()
  await db.apiKey.update({ where: { id: expired }, data: { expiresAt: new Date(Date.now() - 8.64e7) } })
  await fillWithKeys(admin, db)
  await admin.post('/variables/', {
    name: 'OPENAI_API_KEY', value: 'sk-test', type: 'Credential', default_fields: ['openai_api_key']
  })
  await admin.post('/variables/', { name: 'REGION', value: 'eu-central', type: 'Generic', default_fields: [] })
}

/** Creates API keys with restrictions, a rotated key, daily uses, and service accounts. */
async function fillWithKeys (admin: Client, db: Db) {
  const restrictions = {
    scopes: ['flows:read', 'flows:write', 'apps:use'],
    allowed_networks: ['192.0.2.0/24', '2001:db8::/32'],
    rate_limit: { limit: 100, window_seconds: 60 }
  }
  const reader = { scopes: ['flows:read', 'apps:use'], allowed_networks: ['192.0.2.7/32'] }
  const { id } = (await admin.post('/api_key/', { name: 'statistics', ...restrictions })).json()
  const today = Math.floor(Date.now() / 8.64e7)
  const uses = Array.from({ length: 30 }, (_, ago) => ({ ago, uses: ago % 7 > 4 ? 0 : (ago * 37) % 90 + 5 }))
  await db.apiKeyUses.createMany({
    data: uses.filter(each => each.uses > 0).map(each => ({
      apiKeyId: id, day: new Date((today - each.ago) * 8.64e7), uses: BigInt(each.uses)
    }))
  })
  await db.apiKey.update({ where: { id }, data: { totalUses: 4821n, lastUsedAt: new Date() } })
  const { id: replaced } = (await admin.post('/api_key/', { name: 'deployment', ...reader })).json()
  await admin.post(`/api_key/${replaced}/rotate`, { overlap_seconds: 86_400 })
  for (const username of ['nightly-build', 'monitoring']) {
    const { id: userId } = (await admin.post('/service_accounts', { username })).json()
    if (username === 'monitoring') continue
    await admin.post(`/users/${userId}/api_keys`, { name: 'runner 1', ...restrictions })
    await admin.post(`/users/${userId}/api_keys`, { name: 'runner 2', ...reader })
  }
}

/** The rules of the protected apps that scenes show. */
export const APP_RULES = `
rules:
  - { hosts: [reports.example.org, notes.example.org], paths: /open, allow: signed-in }
  - { hosts: reports.example.org, allow: { accounts: [ada], scopes: [flows:read] } }
`

/** Settings of a server whose console shows the scenes. */
export const scenesEnv = (rulesFile: string) => ({
  LANGFLOW_NEW_USER_IS_ACTIVE: 'false',
  LANGFLOW_RATE_LIMIT_ENABLED: 'true',
  LANGFLOW_ACCESS_RULES_FILE: rulesFile,
  LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:7860',
  LANGFLOW_TRUSTED_PROXIES: '192.0.2.1'
})

const appUrl = (path: string) => encodeURIComponent(`http://reports.example.org${path}`)

/** A page, and the actions that open what the scene shows. */
export type Scene = { name: string, path: string, by?: 'visitor', open?: (page: Page) => Promise<void> }

const click = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).click()
const choose = (row: string, item: string) => async (page: Page) => {
  await page.getByRole('button', { name: `Actions for ${row}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
async function select (page: Page, names: string[]) {
  for (const name of names) await page.getByLabel(`Select ${name}`).check()
}
const openAccount = (username: string) => async (page: Page) => {
  await page.getByRole('link', { name: username, exact: true }).click()
  await page.getByRole('heading', { name: 'API keys' }).waitFor()
}
const turn = (label: string) => (page: Page) => page.getByLabel(label).click({ force: true })

export const scenes: Scene[] = [
  { name: 'login', path: '/login', by: 'visitor' },
  {
    name: 'login-refused',
    path: '/login',
    by: 'visitor',
    open: async page => {
      await page.getByLabel('Username').fill(ADMIN.username)
      await page.getByLabel(/^Password/).fill('not the password')
      await click('Sign in')(page)
      await page.getByRole('alert').waitFor()
    }
  },
  { name: 'signup', path: '/signup', by: 'visitor' },
  {
    name: 'signup-refused',
    path: '/signup',
    by: 'visitor',
    open: async page => {
      await page.getByLabel(/^Password/).fill('short')
      await click('Sign up')(page)
    }
  },
  { name: 'not-found', path: '/nothing', by: 'visitor' },
  { name: 'no-access', path: `/no-access?to=${appUrl('/yearly')}` },
  { name: 'no-access-unknown', path: '/no-access?to=https%3A%2F%2Fexample.net%2F' },
  {
    name: 'app-sent-back',
    path: '/flows',
    open: async page => {
      const last = JSON.stringify({ url: decodeURIComponent(appUrl('/open')), at: Date.now() })
      await page.evaluate(`sessionStorage.setItem('last-return', ${JSON.stringify(last)})`)
      await page.goto(`/login?next=${appUrl('/open')}`)
      await page.getByRole('heading', { name: 'The app sent you back' }).waitFor()
    }
  },
  { name: 'admin', path: '/admin' },
  { name: 'admin-no-match', path: '/admin?search=nobody' },
  { name: 'admin-pending', path: '/admin?status=pending' },
  { name: 'admin-throttled', path: '/admin?status=throttled' },
  { name: 'admin-menu', path: '/admin', open: click(`Actions for ${ADMIN.username}`) },
  { name: 'admin-selection', path: '/admin', open: page => select(page, ['ada', 'bea', 'dora', 'frida', 'grace']) },
  {
    name: 'admin-bulk-delete',
    path: '/admin',
    open: async page => { await select(page, ['bea', 'dora']); await click(/^Delete 2/)(page) }
  },
  {
    name: 'admin-new-user',
    path: '/admin',
    open: async page => {
      await click('New user')(page)
      await page.getByLabel('Username', { exact: false }).last().fill('ivy ')
      await page.getByLabel(/^Password/).fill('short')
      await page.getByLabel(/^Confirm password/).fill('other')
    }
  },
  {
    name: 'admin-new-user-generated',
    path: '/admin',
    open: async page => { await click('New user')(page); await click('Generate password')(page) }
  },
  { name: 'admin-rename', path: '/admin', open: choose('bea', 'Rename…') },
  { name: 'admin-reset-password', path: '/admin', open: choose('bea', 'Reset password…') },
  { name: 'admin-delete', path: '/admin', open: choose('bea', 'Delete…') },
  { name: 'admin-deactivate', path: '/admin', open: turn('bea is active') },
  { name: 'admin-promote', path: '/admin', open: turn('bea is a superuser') },
  { name: 'account-of-bea', path: '/admin', open: openAccount('bea') },
  { name: 'account-of-administrator', path: '/admin', open: openAccount(ADMIN.username) },
  {
    name: 'account-end-sessions',
    path: '/admin',
    open: async page => { await openAccount('bea')(page); await click('End all…')(page) }
  },
  { name: 'admin-service-accounts', path: '/admin/service-accounts' },
  { name: 'admin-service-accounts-no-match', path: '/admin/service-accounts?search=nothing' },
  { name: 'admin-new-service-account', path: '/admin/service-accounts', open: click('New service account') },
  { name: 'admin-api-keys', path: '/admin/api-keys' },
  { name: 'admin-api-keys-delete', path: '/admin/api-keys', open: click('Delete runner 1 of nightly-build') },
  { name: 'account-of-service', path: '/admin/service-accounts', open: openAccount('nightly-build') },
  {
    name: 'account-of-service-new-key',
    path: '/admin/service-accounts',
    open: async page => {
      await openAccount('nightly-build')(page)
      await click('New API key')(page)
      await page.getByLabel('Expires after').selectOption('On a date…')
      await page.getByLabel('What the key may do').selectOption('Choose…')
    }
  },
  { name: 'shortcuts', path: '/flows', open: async page => { await page.keyboard.press('?') } },
  { name: 'flows', path: '/flows' },
  { name: 'flows-components', path: '/flows?kind=component' },
  { name: 'flows-new', path: '/flows', open: click('New flow') },
  { name: 'flows-move', path: '/flows', open: choose('Answer mails', 'Move…') },
  { name: 'flows-delete', path: '/flows', open: choose('Answer mails', 'Delete…') },
  { name: 'flows-delete-project', path: '/flows', open: choose('Customer support', 'Delete…') },
  { name: 'api-keys', path: '/settings/api-keys' },
  {
    name: 'api-keys-new',
    path: '/settings/api-keys',
    open: async page => {
      await click('New API key')(page)
      await page.getByLabel('Expires after').selectOption('Never')
    }
  },
  {
    name: 'api-keys-created',
    path: '/settings/api-keys',
    open: async page => {
      await click('New API key')(page)
      await page.getByLabel('Name').fill('reports')
      await click('Create key')(page)
      await page.getByText('Save your API key now').waitFor()
    }
  },
  {
    name: 'api-keys-new-restricted',
    path: '/settings/api-keys',
    open: async page => {
      await click('New API key')(page)
      await page.getByLabel('What the key may do').selectOption('Choose…')
      await page.getByText('Networks and rate limit').click()
      await page.getByLabel('Only from these networks').fill('192.0.2.300')
      await click(/^Add my address/)(page)
      await click('Create key')(page)
      await page.getByText('Choose at least one').waitFor()
    }
  },
  {
    name: 'api-keys-new-refused',
    path: '/settings/api-keys',
    open: async page => {
      await click('New API key')(page)
      await page.getByText('Networks and rate limit').click()
      await page.getByLabel('Only from these networks').fill('192.0.2.300')
      await page.getByLabel('Requests').fill('many')
      await click('Create key')(page)
      await page.getByText('Enter a whole number').waitFor()
    }
  },
  { name: 'api-keys-menu', path: '/settings/api-keys', open: click('Actions for statistics') },
  { name: 'api-keys-rotate', path: '/settings/api-keys', open: choose('statistics', 'Rotate…') },
  {
    name: 'api-keys-restrictions',
    path: '/settings/api-keys',
    open: choose('statistics', 'Restrictions…')
  },
  { name: 'api-keys-usage', path: '/settings/api-keys', open: choose('statistics', 'Usage…') },
  {
    name: 'api-keys-usage-table',
    path: '/settings/api-keys',
    open: async page => {
      await choose('statistics', 'Usage…')(page)
      await page.getByText('Show as a table').click()
    }
  },
  { name: 'api-keys-unused', path: '/settings/api-keys', open: choose('nightly build', 'Usage…') },
  {
    name: 'api-keys-scopes',
    path: '/settings/api-keys',
    open: async page => {
      await page.getByText('3 scopes').first().hover()
      await page.getByRole('tooltip').waitFor()
    }
  },
  { name: 'api-keys-delete', path: '/settings/api-keys', open: choose('old laptop', 'Delete…') },
  { name: 'variables', path: '/settings/variables' },
  { name: 'variables-new', path: '/settings/variables', open: click('New variable') },
  {
    name: 'variables-new-lines',
    path: '/settings/variables',
    open: async page => {
      await click('New variable')(page)
      await page.getByLabel(/^Value/).fill(`-----BEGIN KEY-----\n${'MIIEvQIBADANBgkq\n'.repeat(4)}-----END KEY-----\n`)
    }
  },
  { name: 'variables-edit', path: '/settings/variables', open: choose('OPENAI_API_KEY', 'Edit…') },
  { name: 'sessions', path: '/settings/sessions' },
  { name: 'account', path: '/settings/account' },
  { name: 'user-menu', path: '/flows', open: click(ADMIN.username) }
]

/** Opens the scene and waits until everything is loaded. */
export async function show (page: Page, { path, open }: Scene) {
  const isLoaded = () => page.locator('body:not(:has(.loading)) h1').first().waitFor()
  await page.goto(path)
  await isLoaded()
  await open?.(page)
  await isLoaded()
}
