import type { AddressInfo } from 'node:net'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { ADMIN, buildApp, PASSWORD, type TestOptions } from './app.ts'
import { openBrowser } from './browser.ts'

/** What went wrong in a page besides what a test looks for: what its policy stopped, what it asked of others. */
export type Trouble = string[]

/** Watches a page for all that must not happen. A refusal of the API is an answer like any other. */
async function watch (page: Page, origin: string, trouble: Trouble) {
  page.on('console', message => {
    const isRefusal = message.text().startsWith('Failed to load resource: the server responded with a status of')
    if (['error', 'warning'].includes(message.type()) && !isRefusal) trouble.push(`console: ${message.text()}`)
  })
  page.on('pageerror', error => trouble.push(`error: ${error.message}`))
  page.on('request', request => {
    const { protocol, origin: other } = new URL(request.url())
    if (/^https?:$/.test(protocol) && other !== origin) trouble.push(`asked ${request.url()}`)
  })
  await page.exposeFunction('reportViolation', (text: string) => { trouble.push(`policy: ${text}`) })
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', event =>
      reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`
  })
}

/** The real server, listening, and Chromium before it; both end with the test. */
export async function openConsole (t: Test, options: TestOptions = {}) {
  const built = await buildApp(t, options)
  await built.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = built.app.server.address() as AddressInfo // it listens on a port, not on a pipe
  const url = `http://127.0.0.1:${port}`
  const browser = await openBrowser(t)
  const trouble: Trouble = []

  /** Somebody's browser, with cookies of its own. */
  async function visitor (more: BrowserContextOptions = {}) {
    const context = await browser.newContext({ baseURL: url, reducedMotion: 'reduce', ...more })
    context.setDefaultTimeout(10_000)
    const tab = async (path = '/') => {
      const page = await context.newPage()
      await watch(page, url, trouble)
      await page.goto(path)
      return page
    }
    return { context, tab }
  }

  /** The same, signed in. */
  async function signedIn (username: string = ADMIN.username, path = '/flows', more: BrowserContextOptions = {}) {
    const { context, tab } = await visitor(more)
    const page = await tab(`/login?next=${encodeURIComponent(path)}`)
    await signIn(page, username)
    return { context, tab, page }
  }

  return { ...built, url, trouble, visitor, signedIn }
}

/** Fills the form at /login and sends it. */
export async function signIn (page: Page, username: string, password?: string) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel(/^Password/)
    .fill(password ?? (username === ADMIN.username ? ADMIN.password : PASSWORD))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(address => address.pathname !== '/login')
}
