import { readFileSync } from 'node:fs'
import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

const file = (content: unknown) => ({
  name: 'flows.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(content))
})

t.test('flows are created, uploaded, found, renamed, moved, downloaded and deleted', needsChromium, async t => {
  const { signedIn, db, trouble } = await openConsole(t)
  const { page } = await signedIn(ADMIN.username, '/flows')
  const dialog = page.getByRole('dialog')
  const gone = () => dialog.waitFor({ state: 'detached' })
  const choose = async (row: string, item: string) => {
    await page.getByRole('button', { name: `Actions for ${row}` }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await page.getByText('No flows here yet').waitFor()
  await page.getByRole('button', { name: 'New flow' }).first().click()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('Name is required').waitFor()
  await dialog.getByLabel('Name').fill('First')
  await page.keyboard.press('Enter')
  await gone()

  const data = { nodes: [{ id: 'a' }], edges: [], odd: '\u{1F600}' }
  const input = page.getByLabel('JSON file')
  await input.setInputFiles(file({ flows: [{ name: 'Second', data }, { name: 'Part', data, is_component: true }] }))
  await page.getByText('2 flows uploaded.').waitFor()
  await page.getByRole('row', { name: /Second/ }).waitFor()
  await input.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"name":') })
  await page.getByRole('alert').getByText('JSON decode error').waitFor()

  await page.getByText('Components', { exact: true }).click()
  await page.getByRole('row', { name: /Part/ }).waitFor()
  await page.getByText('Flows', { exact: true }).last().click()
  await page.getByLabel('Search by name').fill('sec')
  await page.getByRole('row', { name: /First/ }).waitFor({ state: 'detached' })

  await choose('Second', 'Rename…')
  await dialog.getByLabel('Name').fill('First')
  await page.keyboard.press('Enter')
  await dialog.getByRole('alert').getByText('Name must be unique').waitFor()
  await dialog.getByLabel('Name').fill('Second best')
  await page.keyboard.press('Enter')
  await gone()

  const [download] = await Promise.all([page.waitForEvent('download'), choose('Second best', 'Download')])
  t.equal(download.suggestedFilename(), 'Second best.json')
  t.match(JSON.parse(readFileSync(await download.path(), 'utf8')), { name: 'Second best', data })

  await page.getByRole('button', { name: 'New project' }).click()
  await dialog.getByLabel('Name').fill('Archive')
  await page.keyboard.press('Enter')
  await page.getByText('No flows here yet').or(page.getByText('No matching flows')).waitFor()
  await page.getByRole('button', { name: 'Starter Project', exact: true }).click()
  await choose('Second best', 'Move…')
  await dialog.getByLabel('Project').selectOption('Archive')
  await dialog.getByRole('button', { name: 'Move' }).click()
  await page.getByText('Second best moved to Archive.').waitFor()

  await choose('First', 'Delete…')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No flows here yet').waitFor()
  await choose('Archive', 'Delete…')
  await dialog.getByLabel(/to confirm/).fill('Archive')
  await dialog.getByRole('button', { name: 'Delete project' }).click()
  await gone()
  t.strictSame((await db.flow.findMany()).map(({ name }) => name), ['Part'])
  t.strictSame(trouble, [])
})
