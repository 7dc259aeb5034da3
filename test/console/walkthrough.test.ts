import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.setTimeout(180_000)

t.test('the walkthrough of the documentation works in the console', needsChromium, async t => {
  const { visitor, trouble } = await openConsole(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const { tab } = await visitor()
  const page = await tab('/')
  await page.waitForURL('**/login')
  await signIn(page, ADMIN.username)
  await page.waitForURL('**/flows')

  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('menuitem', { name: 'Admin' }).click()
  await page.waitForURL('**/admin')
  await page.getByRole('button', { name: 'New user' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Username').fill('ada')
  await dialog.getByLabel(/^Password/).fill(PASSWORD)
  await dialog.getByLabel(/^Confirm password/).fill(PASSWORD)
  t.ok(await dialog.getByRole('switch', { name: 'Active' }).isChecked())
  await dialog.getByRole('switch', { name: 'Active' }).click({ force: true })
  await dialog.getByRole('button', { name: 'Create user' }).click()
  await dialog.waitFor({ state: 'detached' })

  const ada = page.getByRole('row', { name: /Select ada / })
  await ada.getByRole('button', { name: 'Approve ada' }).click()
  await dialog.getByText('ada will be able to sign in').waitFor()
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await ada.getByRole('switch', { name: 'ada is active' }).waitFor()

  await page.getByRole('button', { name: ADMIN.username, exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/login**')
  await page.goto('/login')
  await signIn(page, 'ada')
  await page.waitForURL('**/flows')
  t.equal(await page.getByRole('link', { name: 'Admin' }).count(), 0, 'a regular user has no Admin link')
  await page.goto('/admin')
  await page.waitForURL('**/flows')
  await page.getByText('Only superusers can open the admin pages').waitFor()

  await page.getByRole('button', { name: 'New flow' }).first().click()
  await dialog.getByLabel('Name').fill('My first flow')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('row', { name: /My first flow/ }).waitFor()

  const boss = await (await visitor()).tab('/login')
  await signIn(boss, ADMIN.username)
  await boss.getByText('No flows here yet').waitFor()
  t.equal(await boss.getByText('My first flow').count(), 0, 'a superuser does not see it')
  await boss.goto('/admin')
  await boss.getByLabel('ada is active').click({ force: true })
  await boss.getByText('ada will lose access within a second').waitFor()
  await boss.getByRole('button', { name: 'Deactivate' }).click()
  await boss.getByText('ada deactivated.').waitFor()

  await page.getByLabel('Search by name').fill('first')
  await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/login**')
  t.strictSame(trouble, [])
})
