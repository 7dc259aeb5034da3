import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole, signIn } from '../helpers/console.ts'

t.test('whoever signs in goes where they wanted to, and nowhere else', needsChromium, async t => {
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
