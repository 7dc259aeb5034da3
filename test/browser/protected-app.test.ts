import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { writeRules } from '../helpers/apps.ts'
import { needsChromium, openBrowser } from '../helpers/browser.ts'
import { send } from '../helpers/http.ts'
import { needsNginx } from '../helpers/nginx.ts'
import { startApp } from '../helpers/proxies/app.ts'
import { startProxy } from '../helpers/proxies/start.ts'
import { startServer } from '../helpers/server.ts'

const RULES = `
rules:
  - { hosts: "app.example.org:*", paths: /admin/*, allow: superusers }
  - { hosts: "app.example.org:*", allow: signed-in }
`

/** Flowgate and an app behind nginx with deploy/forward-auth, and a browser that resolves both hosts to it. */
async function openSite (t: Test) {
  const port = await freePort()
  const [app, auth] = [`https://app.example.org:${port}`, `https://auth.example.org:${port}`]
  const server = await startServer(t, {
    env: {
      LANGFLOW_PUBLIC_URL: auth, LANGFLOW_COOKIE_DOMAIN: 'example.org', LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
      LANGFLOW_ACCESS_RULES_FILE: writeRules(t, RULES)
    }
  })
  await send(server.url, '/users/', { method: 'POST', body: { username: 'ada', password: PASSWORD } })
  const echo = await startApp(t)
  await startProxy(t, 'nginx', '/usr/sbin/nginx', { flowgate: Number(new URL(server.url).port), app: echo.port, port })
  const browser = await openBrowser(t, ['--host-resolver-rules=MAP *.example.org 127.0.0.1'])
  const openContext = async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en' })
    context.setDefaultTimeout(20_000)
    return context
  }
  return { app, auth, openContext }
}

async function signIn (page: Page, username: string, password: string) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel(/^Password/).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Waits for a page of the app at this URL. */
const reachApp = async (page: Page, url: string) => {
  await page.waitForURL(url)
  t.equal(await page.locator('body').textContent(), 'hello', `the app at ${url}`)
}

const fetchIn = (page: Page, url: string, method = 'GET') =>
  page.evaluate(async ([url, method]) => (await fetch(url, { method })).status, [url, method] as const)

/** As after fifteen minutes. */
const expireAccessCookie = (context: BrowserContext) => context.clearCookies({ name: 'access_token_lf' })

t.test('a browser and a protected app', { timeout: 170_000, ...needsChromium, ...needsNginx }, async t => {
  const { app, auth, openContext } = await openSite(t)
  const shown = `${app}/reports/1?page=2&q=a%20b#top`
  const requested = shown.replace('#top', '')

  await t.test('one sign-in opens the page that was requested', async t => {
    const context = await openContext()
    const page = await context.newPage()
    await page.goto(shown)
    t.ok(page.url().startsWith(`${auth}/login?next=`))
    await signIn(page, 'ada', PASSWORD)
    await reachApp(page, requested)
    t.equal(await fetchIn(page, '/data'), 200)
    t.equal(await fetchIn(page, '/data', 'POST'), 200, 'a change from a page of the app')

    await t.test('a live session returns without a form', async () => {
      await expireAccessCookie(context)
      t.equal(await fetchIn(page, '/data', 'POST'), 200, 'a page that stays open keeps working')
      const forms: string[] = []
      page.on('framenavigated', frame => { forms.push(frame.url()) })
      await page.goto(`${app}/again`)
      await reachApp(page, `${app}/again`)
      t.ok(forms.some(url => url.startsWith(`${auth}/login`)), 'the page of Flowgate renewed the session')
    })

    await t.test('Back leads to the app, not to the sign-in page', async () => {
      await page.goBack()
      await reachApp(page, requested)
    })

    await t.test('a WebSocket opens', async t => {
      const answer = await page.evaluate(url => new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(url)
        socket.onopen = () => socket.send('ping')
        socket.onmessage = ({ data }) => resolve(String(data))
        socket.onerror = () => reject(new Error('refused'))
      }), `${app.replace('https', 'wss')}/socket`)
      t.equal(answer, 'ping')
    })

    await t.test('a page of another origin can change nothing', async t => {
      const other = await context.newPage()
      await other.goto(`${auth}/login`)
      const status = await other.evaluate(async url => {
        const { type } = await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' })
          .catch(() => ({ type: 'error' }))
        return type
      }, `${app}/data`)
      t.equal(status, 'error', 'the content security policy of the console forbids it')
      await other.close()
    })

    await t.test('the end of the session ends access to the app within a second', async t => {
      const consolePage = await context.newPage()
      await consolePage.goto(`${auth}/flows`)
      await consolePage.getByRole('button', { name: /ada/ }).first().click()
      await consolePage.getByRole('menuitem', { name: 'Sign out' }).click()
      await consolePage.waitForURL(/\/login/)
      await sleep(1000)
      t.equal(await fetchIn(page, '/data'), 401)
      await page.goto(`${app}/again`)
      t.ok(page.url().startsWith(`${auth}/login?next=`))
      await signIn(page, 'ada', PASSWORD)
      await reachApp(page, `${app}/again`)
    })
    await context.close()
  })

  await t.test('the no-access page says what is missing, and another account can be used', async t => {
    const context = await openContext()
    const page = await context.newPage()
    await page.goto(`${app}/admin/users`)
    await signIn(page, 'ada', PASSWORD)
    await page.waitForURL(`${auth}/no-access?to=*`)
    await page.getByRole('heading', { name: 'No access' }).waitFor()
    const text = await page.locator('main').innerText()
    t.match(text, /signed in as ada/)
    t.match(text, /superuser/)
    await page.goto(`${app}/admin/users`)
    await page.getByRole('heading', { name: 'No access' }).waitFor()
    t.ok(page.url().startsWith(`${auth}/no-access`), 'a signed-in account is not sent to the sign-in page')

    await page.getByRole('button', { name: 'Sign in with another account' }).click()
    await signIn(page, ADMIN.username, ADMIN.password)
    await reachApp(page, `${app}/admin/users`)
    await context.close()
  })

  await t.test('an app that does not receive the cookie does not cause a redirect loop', async t => {
    const context = await openContext()
    const page = await context.newPage()
    let withholds = true
    const location = `${auth}/login?next=${encodeURIComponent(`${app}/x`)}`
    await page.route(`${app}/**`, route => withholds ? route.fulfill({ status: 302, headers: { location } }) : route.continue())
    await page.goto(`${app}/x`)
    await signIn(page, 'ada', PASSWORD)
    await page.getByRole('heading', { name: 'The app sent you back' }).waitFor()
    t.match(await page.locator('main').innerText(), new URL(app).host)
    withholds = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await reachApp(page, `${app}/x`)
    await context.close()
  })
})
