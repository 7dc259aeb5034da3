import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { needsChromium, openBrowser } from '../helpers/browser.ts'
import { signIn, type Trouble, watch } from '../helpers/console.ts'
import { needsNginx, runNginx } from '../helpers/nginx.ts'
import { fillWithExamples, scenes } from '../helpers/scenes.ts'

t.setTimeout(240_000)

const PREFIX = '/flowgate'
const pages = new Set(scenes.filter(({ by }) => by !== 'visitor').map(({ path }) => path))

const heading = (page: Page, name?: string) => page.locator('body:not(:has(.loading))')
  .getByRole('heading', { level: 1, ...(name === undefined ? {} : { name }) }).waitFor()

/** How a proxy forwards requests for the prefix to a server. */
const proxies: Record<string, (upstream: string) => string> = {
  'removes the prefix, and changes Host': upstream => `proxy_pass ${upstream}/;`,
  'keeps the prefix': upstream => `proxy_pass ${upstream}; proxy_set_header Host $http_host;`
}

/** A server below a path and another one at the root of the same host, behind nginx, and a browser. */
async function openBoth (t: Test, forward: (upstream: string) => string) {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const listening = async (env: Record<string, string>) => {
    const built = await buildApp(t, { env })
    await built.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = built.app.server.address() as AddressInfo // the server listens on a port, not on a pipe
    return { ...built, url: `http://127.0.0.1:${port}` }
  }
  const below = await listening({ LANGFLOW_PUBLIC_URL: origin + PREFIX })
  const beside = await listening({})
  await runNginx(t, port, `
    listen 127.0.0.1:${port};
    location ${PREFIX}/ { ${forward(below.url)} }
    location / { proxy_pass ${beside.url}; proxy_set_header Host $http_host; }`)
  const context = await (await openBrowser(t)).newContext({ reducedMotion: 'reduce', baseURL: origin })
  context.setDefaultTimeout(15_000)
  const trouble: Trouble = []
  const tab = async (base: string, into = trouble) => {
    const page = await context.newPage()
    await watch(page, base, into)
    return page
  }
  return { below, beside, origin, context, tab, trouble }
}

for (const [way, forward] of Object.entries(proxies)) {
  t.test(`the console works below a path behind a proxy that ${way}`, { ...needsNginx, ...needsChromium }, async t => {
    const { below, beside, origin, context, tab, trouble } = await openBoth(t, forward)
    await fillWithExamples(await below.admin(), below.anonymous, below.db)
    const neighbor = await tab(origin)
    await neighbor.goto('/login')
    await signIn(neighbor, ADMIN.username)
    await heading(neighbor)

    const page = await tab(origin + PREFIX)
    const pathname = () => new URL(page.url()).pathname
    await page.goto(`${PREFIX}/admin?search=a`)
    await page.waitForURL(`**${PREFIX}/login?next=*`)
    await signIn(page, ADMIN.username)
    await heading(page, 'Users')
    t.equal(page.url(), `${origin}${PREFIX}/admin?search=a`)
    for (const path of pages) {
      await page.goto(PREFIX + path)
      await heading(page)
      await page.reload()
      await heading(page)
      t.ok(pathname().startsWith(`${PREFIX}/`), `${path} is ${pathname()}`)
    }
    const links = { Flows: '/flows', Settings: '/settings/api-keys', Admin: '/admin' }
    for (const [name, path] of Object.entries(links)) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
      await page.waitForURL(`${origin}${PREFIX}${path}`)
    }
    await page.getByRole('link', { name: 'bea', exact: true }).click()
    await page.waitForURL(`**${PREFIX}/admin/users/*`)
    await page.reload()
    await heading(page, 'bea')

    await page.goto(`${PREFIX}/nothing`)
    await page.getByRole('link', { name: 'Go to the home page' }).click()
    await page.waitForURL(`**${PREFIX}/flows`)
    await page.goto(`${PREFIX}/settings/api-keys`)
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText(`curl ${origin}${PREFIX}/api/v1/users/whoami`).waitFor()
    await page.getByRole('button', { name: 'I have saved it' }).click()

    await page.getByRole('button', { name: ADMIN.username, exact: true }).click()
    const address = await page.getByRole('menuitem', { name: 'API documentation' }).getAttribute('href')
    t.equal(address, `${PREFIX}/docs`)
    const inDocs: Trouble = []
    const docs = await tab(origin + PREFIX, inDocs)
    await docs.goto(address ?? '')
    const whoami = docs.locator('#operations-users-whoami')
    await whoami.locator('.opblock-summary-control').click()
    await whoami.locator('.try-out__btn').click()
    await whoami.locator('.execute').click()
    await whoami.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
    t.match(await whoami.locator('.request-url').innerText(), `${origin}${PREFIX}/api/v1/users/whoami`)
    // Swagger UI works without the style that it adds.
    t.strictSame(inDocs.filter(text => !/inline style|style-src-elem inline/.test(text)), [])
    await page.keyboard.press('Escape')

    const paths = async () => (await context.cookies()).map(({ name, path }) => `${name} ${path}`).sort()
    const own = ['access_token_lf', 'apikey_tkn_lflw', 'refresh_token_lf']
    t.strictSame(await paths(), own.flatMap(name => [`${name} /`, `${name} ${PREFIX}`]))
    await page.goto(`${PREFIX}/flows`)
    await page.getByRole('button', { name: ADMIN.username, exact: true }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(`**${PREFIX}/login**`)
    t.strictSame(await paths(), own.map(name => `${name} /`), 'the other server keeps its cookies')
    await page.reload()
    await heading(page, 'Sign in')
    await neighbor.getByRole('link', { name: 'Admin' }).click()
    await neighbor.getByRole('button', { name: 'New user' }).waitFor()
    t.equal(await beside.db.session.count({ where: { endedAt: null } }), 1)
    t.strictSame(trouble, [])
  })
}

t.test('the sign-in returns to pages of the console only', { ...needsNginx, ...needsChromium }, async t => {
  const { origin, context, tab, trouble } = await openBoth(t, upstream => `proxy_pass ${upstream}/;`)
  const page = await tab(origin + PREFIX)
  const rows: Array<[next: string, path: string]> = [
    ['/admin', '/admin'], [`${PREFIX}/admin?search=x`, '/admin?search=x'], [PREFIX, '/flows'], ['', '/flows'],
    ['https://evil.example/', '/flows'], ['//evil.example/', '/flows'], ['/\\evil.example/', '/flows'],
    [`${PREFIX}/login`, '/flows'], ['/login?next=/login', '/flows'], ['javascript:alert(1)', '/flows']
  ]
  for (const [next, path] of rows) {
    await context.clearCookies()
    await page.goto(`${PREFIX}/login?next=${encodeURIComponent(next)}`)
    await signIn(page, ADMIN.username)
    await heading(page)
    t.equal(page.url(), `${origin}${PREFIX}${path}`, next)
  }
  for (const next of [`${PREFIX}//evil.example/`, '/x/..//evil.example/', `${PREFIX}/../flows`]) {
    await context.clearCookies()
    await page.goto(`${PREFIX}/login?next=${encodeURIComponent(next)}`)
    await signIn(page, ADMIN.username)
    await heading(page)
    t.ok(page.url().startsWith(`${origin}${PREFIX}/`), `${next}: ${page.url()}`)
  }
  t.strictSame(trouble, [])
})

t.test('a page that is opened without the base path moves below it, once', needsChromium, async t => {
  const { app } = await buildApp(t, { env: { LANGFLOW_PUBLIC_URL: 'http://localhost:9000/flowgate' } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const page = await (await openBrowser(t)).newPage()
  const documents: string[] = []
  page.on('request', request => { if (request.isNavigationRequest()) documents.push(request.url()) })
  const trouble: Trouble = []
  await watch(page, url, trouble)
  for (const path of ['/login?next=%2Fadmin#x', '/flowgatex', '/', '//evil.example/x', '/flowgate/login']) {
    documents.length = 0
    await page.goto(`${url}${path}`)
    await page.waitForURL(address => address.pathname.startsWith(`${PREFIX}/`))
    await heading(page)
    const expected = path.startsWith(`${PREFIX}/`) ? [path] : [path, PREFIX + path]
    t.strictSame(documents.map(document => document.slice(url.length)), expected.map(path => path.split('#')[0]), path)
  }
  await page.goto(`${url}/login?next=%2Fadmin`)
  await page.waitForURL(`${url}${PREFIX}/login?next=%2Fadmin`)
  await signIn(page, ADMIN.username)
  await heading(page, 'Users')
  t.strictSame(trouble, [])
})
