import type { Page } from 'playwright-core'
import { ADMIN, PASSWORD } from './app.ts'
import type { Client } from './app.ts'

/** What the pages show: accounts in every state, and something of everything for the administrator. */
export async function fillWithExamples (admin: Client, anonymous: Client) {
  const names = ['ada', 'bea', 'carol', 'dora', 'emil', 'frida', 'grace', 'hedy']
  for (const username of names) await anonymous.post('/users/', { username, password: PASSWORD })
  const { users } = (await admin.get('/users/?limit=50')).json()
  const idOf = (name: string) => users.find(({ username }: { username: string }) => username === name).id
  for (const name of ['ada', 'bea', 'carol', 'dora', 'emil']) await admin.patch(`/users/${idOf(name)}`, { is_active: true })
  await admin.patch(`/users/${idOf('ada')}`, { is_superuser: true })
  for (const username of ['ada', 'bea', 'dora']) {
    await anonymous.post('/login', new URLSearchParams({ username, password: PASSWORD }).toString(), {
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'curl/8.5.0' }
    })
  }
  await admin.patch(`/users/${idOf('dora')}`, { is_active: false })
  await admin.post('/projects/', { name: 'Customer support' })
  await admin.post('/flows/', { name: 'Answer mails', description: 'Reads a mail, looks for what is known, drafts.' })
  await admin.post('/flows/', { name: 'Summarize calls', access_type: 'PUBLIC' })
  await admin.post('/api_key/', { name: 'nightly build', expires_at: new Date(Date.now() + 3e9).toISOString() })
  const { id } = (await admin.post('/api_key/', { name: 'old laptop' })).json()
  await admin.patch(`/api_key/${id}`, { is_active: false })
  await admin.post('/variables/', {
    name: 'OPENAI_API_KEY', value: 'sk-test', type: 'Credential', default_fields: ['openai_api_key']
  })
  await admin.post('/variables/', { name: 'REGION', value: 'eu-central', type: 'Generic', default_fields: [] })
}

/** One thing to look at: a page, and what to click there. */
export type Scene = { name: string, path: string, by?: 'stranger', open?: (page: Page) => Promise<void> }

const click = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).click()
const choose = (row: string, item: string) => async (page: Page) => {
  await page.getByRole('button', { name: `Actions for ${row}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const turn = (label: string) => (page: Page) => page.getByLabel(label).click({ force: true })

export const scenes: Scene[] = [
  { name: 'login', path: '/login', by: 'stranger' },
  {
    name: 'login-refused',
    path: '/login',
    by: 'stranger',
    open: async page => {
      await page.getByLabel('Username').fill(ADMIN.username)
      await page.getByLabel(/^Password/).fill('not the password')
      await click('Sign in')(page)
      await page.getByRole('alert').waitFor()
    }
  },
  { name: 'signup', path: '/signup', by: 'stranger' },
  {
    name: 'signup-refused',
    path: '/signup',
    by: 'stranger',
    open: async page => {
      await page.getByLabel(/^Password/).fill('short')
      await click('Ask for an account')(page)
    }
  },
  { name: 'admin', path: '/admin' },
  { name: 'admin-nobody', path: '/admin?search=nobody' },
  { name: 'admin-waiting', path: '/admin?waiting=true' },
  { name: 'admin-menu', path: '/admin', open: click('Actions for administrator') },
  {
    name: 'admin-new-user',
    path: '/admin',
    open: async page => {
      await click('New User')(page)
      await page.getByLabel('Username', { exact: false }).last().fill('ivy ')
      await page.getByLabel(/^Password/).fill('short')
      await page.getByLabel(/^Confirm Password/).fill('other')
    }
  },
  {
    name: 'admin-new-user-generated',
    path: '/admin',
    open: async page => { await click('New User')(page); await click('Generate a password')(page) }
  },
  { name: 'admin-edit', path: '/admin', open: choose('bea', 'Edit…') },
  { name: 'admin-reset-password', path: '/admin', open: choose('bea', 'Reset password…') },
  { name: 'admin-sessions', path: '/admin', open: choose('bea', 'Sessions…') },
  { name: 'admin-delete', path: '/admin', open: choose('bea', 'Delete…') },
  { name: 'admin-deactivate', path: '/admin', open: turn('bea is active') },
  { name: 'admin-promote', path: '/admin', open: turn('bea is a superuser') },
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

/** Goes there, waits until all is there, and opens what is to be seen. */
export async function show (page: Page, { path, open }: Scene) {
  const isThere = () => page.locator('body:not(:has(.waiting)) h1').first().waitFor()
  await page.goto(path)
  await isThere()
  await open?.(page)
  await isThere()
}
