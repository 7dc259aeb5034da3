import type { AddressInfo } from 'node:net'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { ADMIN, buildApp, PASSWORD, type TestOptions } from './app.ts'
import { openBrowser } from './browser.ts'

/** Console errors, policy violations and requests to addresses of other servers. */
export type Trouble = string[]

/**
 * Collects the problems of a page. Error responses of the API are not problems.
 * @param base the URL of the server, without a final slash
 */
export async function watch (page: Page, base: string, trouble: Trouble) {
  page.on('console', message => {
    const isErrorResponse = message.text().startsWith('Failed to load resource: the server responded with a status of')
    if (['error', 'warning'].includes(message.type()) && !isErrorResponse) trouble.push(`console: ${message.text()}`)
  })
  page.on('pageerror', error => trouble.push(`error: ${error.message}`))
  page.on('request', request => {
    const url = request.url()
    if (/^https?:/.test(url) && url !== base && !url.startsWith(`${base}/`)) trouble.push(`requested ${url}`)
  })
  await page.exposeFunction('reportViolation', (text: string) => { trouble.push(`policy: ${text}`) })
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', event =>
      reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`
  })
}

/** Starts a server and Chromium for a test. */
export async function openConsole (t: Test, options: TestOptions = {}) {
  const built = await buildApp(t, options)
  await built.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = built.app.server.address() as AddressInfo // the server listens on a port, not on a pipe
  const url = `http://127.0.0.1:${port}`
  const browser = await openBrowser(t)
  const trouble: Trouble = []

  /** A new browser context, with its own cookies. */
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

  /** A new browser context, signed in. */
  async function signedIn (username: string = ADMIN.username, path = '/flows', more: BrowserContextOptions = {}) {
    const { context, tab } = await visitor(more)
    const page = await tab(`/login?next=${encodeURIComponent(path)}`)
    await signIn(page, username)
    return { context, tab, page }
  }

  return { ...built, url, trouble, visitor, signedIn }
}

/** Fills and submits the form at /login. */
export async function signIn (page: Page, username: string, password?: string) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel(/^Password/)
    .fill(password ?? (username === ADMIN.username ? ADMIN.password : PASSWORD))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(address => !address.pathname.endsWith('/login'))
}
