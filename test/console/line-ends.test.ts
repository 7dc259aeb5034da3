import t from 'tap'
import type { Page } from 'playwright-core'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

t.setTimeout(180_000)

const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC  \n'.repeat(26)}\tQ==\n-----END PRIVATE KEY-----\n`

const write = (page: Page, text: string) => page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)

/** Pastes text with CRLF, which the clipboard of Chromium on Linux cannot hold: dispatches the event itself. */
const pasteWindows = (page: Page, text: string) => page.evaluate(`(() => {
  const text = ${JSON.stringify(text)}
  const clipboardData = new DataTransfer()
  clipboardData.setData('text/plain', text)
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
  document.execCommand('insertText', false, text)
})()`)

async function paste (page: Page, label: RegExp, text: string) {
  await page.getByRole('dialog').getByLabel(label).focus()
  if (text.includes('\r')) await pasteWindows(page, text)
  else {
    await write(page, text)
    await page.keyboard.press('Control+V')
  }
}

async function settings (t: Parameters<typeof openConsole>[0]) {
  const opened = await openConsole(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const { page, context } = await opened.signedIn(ADMIN.username, '/settings/variables')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const boss = await opened.admin()
  const valueOf = async (name: string) => {
    const found = (await boss.get('/variables/')).json().find((row: { name: string }) => row.name === name)
    return (await boss.get(`/variables/${found.id}/value`)).json().value
  }
  const dialog = page.getByRole('dialog')
  const begin = async (name: string, type = 'Credential') => {
    await page.getByRole('button', { name: 'New variable' }).click()
    await dialog.getByLabel('Name').fill(name)
    await dialog.getByText(type, { exact: true }).click()
  }
  const save = async () => {
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  return { ...opened, page, boss, valueOf, dialog, begin, save }
}

t.test('a pasted or typed secret of several lines is stored byte for byte', needsChromium, async t => {
  const { page, valueOf, dialog, begin, save, trouble } = await settings(t)
  const texts: Array<[string, string, string]> = [
    ['PEM', pem, '29 lines, ending with a line end.'],
    ['WINDOWS', pem.replaceAll('\n', '\r\n'), '29 lines with Windows line ends (CRLF), ending with a line end.'],
    ['JSON_KEY', '{\n  "type": "service_account",\n  "key": "a\\nb"\n}', '4 lines.'],
    ['BLANKS', '  a\t\n\n b ', '3 lines.'],
    ['TRAILING', 'sk-123\n', '1 line, ending with a line end.']
  ]
  for (const type of ['Credential', 'Generic']) {
    for (const [name, text, warning] of texts) {
      await begin(`${name}_${type}`, type)
      await paste(page, /^Value/, text)
      await dialog.getByText(warning).waitFor()
      await save()
      t.equal(await valueOf(`${name}_${type}`), text, `${name}, ${type}`)
    }
  }
  await begin('TYPED')
  await dialog.getByLabel(/^Value/).focus()
  await page.keyboard.type('LINE1\nLINE2\nLINE3')
  await dialog.getByText('3 lines.').waitFor()
  await page.keyboard.press('Control+Enter')
  await dialog.waitFor({ state: 'detached' })
  t.equal(await valueOf('TYPED'), 'LINE1\nLINE2\nLINE3')

  await begin('MIXED')
  await paste(page, /^Value/, 'a\r\nb\nc')
  await dialog.getByText('3 lines. Mixed line ends were replaced by LF.').waitFor()
  await save()
  t.equal(await valueOf('MIXED'), 'a\nb\nc')
  await begin('ONE')
  await paste(page, /^Value/, 'sk-one')
  t.equal(await dialog.getByText(/\d lines?/).count(), 0, 'a single line needs no description')
  t.strictSame(trouble, [])
})

t.test('a secret field is masked until it is revealed, and has no autocomplete', needsChromium, async t => {
  const { page, dialog, begin, trouble } = await settings(t)
  await begin('MASKED')
  const field = dialog.getByLabel(/^Value/)
  await field.fill('a\nb')
  const security = () =>
    page.evaluate("getComputedStyle(document.querySelector('textarea')).getPropertyValue('-webkit-text-security')")
  t.equal(await security(), 'disc')
  t.equal(await field.getAttribute('autocomplete'), 'off')
  t.equal(await field.getAttribute('spellcheck'), 'false')
  await dialog.getByRole('button', { name: 'Show value' }).click()
  t.equal(await security(), 'none')
  t.equal(await field.inputValue(), 'a\nb')
  await dialog.getByRole('button', { name: 'Hide value' }).click()
  t.equal(await security(), 'disc')
  t.strictSame(trouble, [])
})

t.test('unchanged fields keep spaces and line ends that the form does not show', needsChromium, async t => {
  const { page, boss, valueOf, dialog, save, trouble } = await settings(t)
  const value = 'a\r\nb\r\n'
  await boss.post('/variables/', { name: 'GENERIC', value, type: 'Generic', default_fields: ['x', ' y'] })
  await boss.post('/flows/', { name: 'Lines', description: ' one\r\n two \r\n', data: {} })
  await page.reload()
  await page.getByRole('button', { name: 'Actions for GENERIC' }).click()
  await page.getByRole('menuitem', { name: 'Edit…' }).click()
  await dialog.getByLabel('Name').fill('RENAMED')
  await save()
  t.equal(await valueOf('RENAMED'), value)
  await page.getByRole('button', { name: 'Actions for RENAMED' }).click()
  await page.getByRole('menuitem', { name: 'Edit…' }).click()
  await dialog.getByLabel(/^Value/).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('c\nd')
  await save()
  t.equal(await valueOf('RENAMED'), `${value}c\r\nd`, 'an edited value keeps its line ends')
  const [variable] = (await boss.get('/variables/')).json()
  t.strictSame(variable.default_fields, ['x', ' y'])

  await page.goto('/flows')
  await page.getByRole('button', { name: 'Actions for Lines' }).click()
  await page.getByRole('menuitem', { name: 'Rename…' }).click()
  await dialog.getByLabel('Name').fill('Renamed')
  await save()
  const flows = (await boss.get('/flows/')).json()
  t.match(flows.find(({ name }: { name: string }) => name === 'Renamed'), { description: ' one\r\n two \r\n' })
  t.strictSame(trouble, [])
})

t.test('a password field warns when line breaks of pasted text were removed', needsChromium, async t => {
  const { visitor, trouble } = await openConsole(t)
  const { context, tab } = await visitor()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await tab('/login')
  const password = page.getByLabel(/^Password/)
  const warning = page.getByText('The line breaks of the pasted text were removed.')
  const texts = [[PASSWORD, false], [`${PASSWORD}\n`, true], ['a\nb', true], ['two words', false]] as const
  for (const [text, isWarned] of texts) {
    await password.fill('')
    await write(page, text)
    await password.focus()
    await page.keyboard.press('Control+V')
    if (isWarned) await warning.waitFor()
    t.equal(await warning.count(), isWarned ? 1 : 0, JSON.stringify(text))
  }
  t.strictSame(trouble, [])
})
