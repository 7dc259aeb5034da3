import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { createClient } from '../../src/client/index.ts'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { signIn } from '../helpers/console.ts'
import { needsPostgres } from '../helpers/database.ts'
import { echoFlow } from '../helpers/echo-flow.ts'
import { type Deployment, startDeployment } from '../helpers/langflow-deployment.ts'
import { needsLangflow, settingsOfLangflow } from '../helpers/langflow.ts'
import { needsNginx } from '../helpers/nginx.ts'

const LANGFLOW = 'https://langflow.example.org'
const SIGN_IN = /^https:\/\/auth\.example\.org\/login\?next=https%3A%2F%2Flangflow\.example\.org%2F/
/** The input and the answer of a flow that needs no model. */
const MESSAGE = 'The answer is the question.'
/** Loading Langflow's front end on a busy machine. */
const PAGE_MS = 60_000

/** The folder for the screenshots of docs/protecting-langflow.md. */
const images = process.env['FLOWGATE_TEST_SCREENSHOTS']

const json = (body: unknown) => ['--header', 'content-type: application/json', '--data', JSON.stringify(body)]
const withKey = (key: string) => ['--header', `x-api-key: ${key}`]

/** Accounts, their API keys, and what they do with Langflow's API. */
async function createCast ({ curl, ports, operator }: Deployment) {
  const baseUrl = `http://127.0.0.1:${ports.flowgate}`
  const admin = createClient({ baseUrl, ...ADMIN })

  async function account (username: string) {
    const { data: { id } } = await admin.POST('/api/v1/users/', { body: { username, password: PASSWORD } })
    return { id, client: createClient({ baseUrl, username, password: PASSWORD }) }
  }
  async function keyOf (client: typeof admin, name: string) {
    const { data: { id, api_key: key } } = await client.POST('/api/v1/api_key/', { body: { name } })
    return { id, key }
  }
  /** Calls Langflow's API below /api with a key. */
  const call = (key: string, path: string, ...args: string[]) =>
    curl(`langflow.example.org/api${path}`, ...withKey(key), ...args)
  const read = async (key: string, path: string, ...args: string[]) => JSON.parse((await call(key, path, ...args)).body)

  /** The accounts in Langflow's database. Its own superuser asks, without nginx. */
  async function usersOfLangflow (): Promise<string[]> {
    const api = `http://127.0.0.1:${ports.langflow}/api/v1`
    const session = await fetch(`${api}/login`, { method: 'POST', body: new URLSearchParams(operator) })
    const { access_token: token } = JSON.parse(await session.text())
    const { users } = JSON.parse(await (await fetch(`${api}/users/`, { headers: { authorization: `Bearer ${token}` } })).text())
    return users.map(({ username }: { username: string }) => username).sort()
  }

  return { admin, account, keyOf, call, read, usersOfLangflow }
}

/** Repeats a request until it is refused. @returns the time from now to the refusal */
async function untilRefused (request: () => Promise<number>): Promise<number> {
  const start = performance.now()
  for (;;) {
    const status = await request()
    const ms = performance.now() - start
    if (status === 401) return ms
    if (ms > 5000) throw new Error(`still ${status} after five seconds`)
    await sleep(20)
  }
}

async function connectTo (host: string, port: number) {
  const socket = connect({ host, port })
  await once(socket, 'connect')
  socket.destroy()
}

/** Opens Langflow without a session, and signs in at Flowgate. */
async function open (page: Page, username: string, password = PASSWORD) {
  await page.goto(`${LANGFLOW}/`)
  await page.waitForURL(SIGN_IN)
  await signIn(page, username, password)
  await page.waitForURL(address => address.origin === LANGFLOW)
  await page.getByTestId('user_menu_button').waitFor({ timeout: PAGE_MS })
}

/** Runs the flow of an open playground, and waits for its answer. */
async function chat (page: Page) {
  await page.getByTestId('input-chat-playground').fill(MESSAGE, { timeout: PAGE_MS })
  await page.keyboard.press('Enter')
  await page.getByTestId(/^chat-message-AI-/).filter({ hasText: MESSAGE }).waitFor({ timeout: PAGE_MS })
}

/** The account that Langflow sees. Its pages replace `fetch` by one that needs `headers`. */
const accountOf = (page: Page): Promise<string> => page.evaluate(async () => {
  const { user } = JSON.parse(await (await fetch('/api/v1/session', { headers: {} })).text())
  return user.username
})

t.test('Langflow 1.13 behind nginx and Flowgate', {
  timeout: 580_000, ...needsLangflow, ...needsPostgres, ...needsNginx, ...needsChromium
}, async t => {
  const deployment = await startDeployment(t)
  const { curl, ports, operator } = deployment
  const { admin, account, keyOf, call, read, usersOfLangflow } = await createCast(deployment)
  const ada = await account('ada')
  const { key: adminKey } = await keyOf(admin, 'operations')
  const { key: adaKey } = await keyOf(ada.client, 'flows')
  const browser = await deployment.openBrowser()
  const newPage = async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 } })
    return { context, page: await context.newPage() }
  }
  let flowId = ''

  await t.test('after one sign-in the editor opens as that account, which Langflow creates', async t => {
    const before = await usersOfLangflow()
    t.strictSame(before, [operator.username])
    const { context, page } = await newPage()
    const cookiesOfLangflow: string[] = []
    page.on('response', async response => {
      if (!response.url().startsWith(LANGFLOW)) return
      for (const { name, value } of await response.headersArray()) {
        const isOurs = /^(access_token|refresh_token|apikey_tkn)_/.test(value)
        if (/^set-cookie$/i.test(name) && isOurs) cookiesOfLangflow.push(value)
      }
    })
    await open(page, 'ada')
    t.equal(await accountOf(page), 'ada')
    const after = await usersOfLangflow()
    t.strictSame(after, ['ada', operator.username])
    t.comment(`measured: one sign-in at Flowgate, then Langflow's editor as ${await accountOf(page)}`)
    t.comment(`measured: accounts in Langflow before the sign-in: ${before}; after it: ${after}`)

    const flow = { ...echoFlow(await read(adaKey, '/v1/all'), 'echo'), access_type: 'PUBLIC' }
    flowId = (await read(adaKey, '/v1/flows/', ...json(flow))).id
    await page.goto(`${LANGFLOW}/flow/${flowId}`)
    await page.getByText('Chat Output').first().waitFor({ timeout: PAGE_MS })
    if (images) {
      await page.waitForLoadState('networkidle') // icons
      await page.screenshot({ path: join(images, 'langflow-editor.png') })
    }
    await page.getByTestId('playground-btn-flow-io').click()
    await chat(page)
    t.strictSame(cookiesOfLangflow, [], 'Langflow sets no cookie with a name of Flowgate')

    await context.clearCookies({ name: 'access_token_lf' }) // as browsers do after an hour
    const refreshed = await page.evaluate(async () =>
      (await fetch('/api/v1/refresh', { method: 'POST', headers: {} })).status)
    t.equal(refreshed, 200, 'the editor keeps working with an expired access token')
    await page.reload()
    await page.getByText('Chat Output').first().waitFor({ timeout: PAGE_MS })
    t.equal(page.url(), `${LANGFLOW}/flow/${flowId}`, 'a page load needs no sign-in form')
    await context.close()
  })

  await t.test('an administrator is admin, a plain account editor', async t => {
    const may = async (key: string) => {
      const [flow] = await read(key, '/v1/flows/')
      const actions = ['read', 'write', 'delete', 'execute', 'deploy']
      const body = { resource_type: 'flow', resource_ids: [flow.id], actions }
      return (await read(key, '/v1/authz/me/permissions', ...json(body))).permissions[flow.id]
    }
    await read(adminKey, '/v1/flows/', ...json(echoFlow(await read(adminKey, '/v1/all'), 'echo-of-administrator')))
    const [byAdmin, byAda] = [await may(adminKey), await may(adaKey)]
    t.same(byAdmin, ['read', 'write', 'delete', 'execute', 'deploy'])
    t.same(byAda, ['read', 'write', 'delete', 'execute'])
    t.comment(`measured: ${ADMIN.username} may ${byAdmin}; ada may ${byAda}`)
  })

  await t.test('every setting in langflow.env exists', async t => {
    const known = new Set(settingsOfLangflow())
    for (const name of Object.keys(deployment.settings)) t.ok(known.has(name), name)
  })

  await t.test("a Flowgate API key works for Langflow's API, as its account", async t => {
    const flows = await read(adaKey, '/v1/flows/')
    t.match(flows, [{ name: 'Echo', endpoint_name: 'echo' }])
    t.comment(`measured: GET /api/v1/flows/ with a Flowgate API key: ${flows.length} flow`)
    const run = json({ input_value: 'hello', input_type: 'chat', output_type: 'chat' })
    const answer = await call(adaKey, '/v1/run/echo', ...run)
    const { text } = JSON.parse(answer.body).outputs[0].outputs[0].results.message
    t.equal(text, 'hello')
    t.comment(`measured: POST /api/v1/run/echo with a Flowgate API key: ${answer.status} "${text}"`)
    const events = (await call(adaKey, '/v1/run/echo?stream=true', '--no-buffer', ...run)).body
      .split('\n').filter(Boolean).map(line => JSON.parse(line).event)
    t.match(events, ['add_message', 'add_message', 'end'], 'events of a run')
    const workflow = json({ flow_id: flowId, input_value: 'second API' })
    t.match(await read(adaKey, '/v2/workflows', ...workflow), { status: 'completed', output: { text: 'second API' } })
    const file = join(temporaryFolder(t), 'file.bin')
    writeFileSync(file, Buffer.alloc(5_000_000, 'file'))
    t.match(await read(adaKey, '/v2/files/', '--form', `file=@${file}`), { size: 5_000_000 })
    const [project] = await read(adaKey, '/v1/projects/')
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
    }
    const mcp = await call(adaKey, `/v1/mcp/project/${project.id}/streamable`,
      '--header', 'accept: application/json, text/event-stream', ...json(initialize))
    t.match(mcp, { status: 200, body: /"serverInfo"/ }, 'MCP server of a project')

    t.match(await call(adaKey, `/v1/flows/${(await read(adminKey, '/v1/flows/'))[0].id}`), { status: 404 },
      'flows of other accounts do not exist for it')
    t.match(await curl('langflow.example.org/api/v1/flows/'), { status: 401 }, 'no key')
    const namesake = await account(operator.username)
    const { key: namesakeKey } = await keyOf(namesake.client, 'of the same name')
    t.match(await read(namesakeKey, '/v1/session'), { user: { username: /^flowgate-[0-9a-f]+$/ } },
      "the name of Langflow's superuser does not give its account")
    t.match(await call(`${adaKey.slice(0, -1)}A`, '/v1/flows/'), { status: 401 }, 'another key')
  })

  await t.test('a client of Langflow signs in with an account of Flowgate', async t => {
    const signInAs = (username: string, password: string) => curl('langflow.example.org/api/v1/login',
      '--data-urlencode', `username=${username}`, '--data-urlencode', `password=${password}`)
    const { access_token: token } = JSON.parse((await signInAs('ada', PASSWORD)).body)
    const session = await curl('langflow.example.org/api/v1/session', '--header', `authorization: Bearer ${token}`)
    t.match(JSON.parse(session.body), { user: { username: 'ada' } })
    t.match(await signInAs(operator.username, operator.password), { status: 401 }, 'not with an account of Langflow')
  })

  await t.test('a shared playground opens for every account, and for no one else', async t => {
    const address = `langflow.example.org/playground/${flowId}/`
    t.match(await curl(address, '--header', 'accept: text/html'), { status: 302, location: SIGN_IN })
    const { context, page } = await newPage()
    await open(page, ADMIN.username, ADMIN.password)
    await page.goto(`https://${address}`)
    await chat(page)
    await context.close()
  })

  await t.test('what does not work behind Flowgate is refused by Langflow', async t => {
    const refused = [
      ['/v1/run/advanced/echo', { inputs: [], outputs: [] }],
      ['/v1/responses', { model: 'echo', input: 'hello' }],
      ['/v1/webhook/echo', {}],
      ['/v1/api_key/', { name: 'of Langflow' }]
    ] as const
    for (const [path, body] of refused) {
      t.match(await call(adaKey, path, ...json(body)), { status: 403, body: /API key/ }, path)
    }
    t.match(await call(adminKey, '/v1/users/'), { status: 403 }, 'no account is a superuser of Langflow')
  })

  await t.test('the identity cannot be forged', async t => {
    const { accessToken } = await admin.exchangeToken({ audience: 'langflow' })
    const session = ['/v1/session', '--header', 'remote-user: administrator'] as const
    t.match(await read(adaKey, ...session), { user: { username: 'ada' } })
    const stolen = ['--header', `authorization: Bearer ${accessToken}`]
    t.match(await curl('langflow.example.org/api/v1/session', ...stolen), { status: 401 }, 'a token for Langflow')
    const both = await call(adaKey, '/v1/session', ...stolen)
    if (both.status === 200) t.match(JSON.parse(both.body), { user: { username: 'ada' } })
    else t.equal(both.status, 401)
  })

  await t.test('Langflow listens on the loopback interface only', async t => {
    const others = Object.values(networkInterfaces()).flat()
      .flatMap(found => found && !found.internal && found.family === 'IPv4' ? [found.address] : [])
    for (const host of ['127.0.0.2', ...others]) {
      await t.rejects(connectTo(host, ports.langflow), { code: 'ECONNREFUSED' }, host)
    }
    t.comment(`measured: Langflow's port refuses connections at ${['127.0.0.2', ...others].join(', ')}`)
  })

  await t.test('ending the session ends access within a second', async t => {
    const { context, page } = await newPage()
    await open(page, 'ada')
    const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const request = async () =>
      (await curl('langflow.example.org/api/v1/flows/', '--header', `cookie: ${cookies}`)).status
    t.equal(await request(), 200)
    await admin.DELETE('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: ada.id } } })
    const ms = await untilRefused(request)
    t.ok(ms < 1000, `${ms.toFixed()} ms`)
    t.comment(`measured: access ends ${ms.toFixed()} ms after the session`)
    await context.close()
  })

  await t.test('an open page returns to the sign-in form when its session has ended', async t => {
    const { context, page } = await newPage()
    await open(page, 'ada')
    await page.goto(`${LANGFLOW}/flow/${flowId}`)
    await page.getByText('Chat Output').first().waitFor({ timeout: PAGE_MS })
    await admin.DELETE('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: ada.id } } })
    await page.waitForURL(SIGN_IN, { timeout: PAGE_MS }) // at the next request of the page
    t.equal(new URL(page.url()).searchParams.get('next'), `${LANGFLOW}/flow/${flowId}`)
    await context.close()
  })

  await t.test("signing out on Langflow's page leads to Flowgate's sign-in form", async t => {
    const { context, page } = await newPage()
    await open(page, 'ada')
    const before = await context.cookies()
    await page.getByTestId('user_menu_button').click()
    await page.getByText('Logout').click()
    await page.waitForURL(SIGN_IN)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    if (images) await page.screenshot({ path: join(images, 'langflow-sign-in.png') })
    t.comment(`measured: sign-out on Langflow's page leads to ${page.url()}`)
    const names = (await context.cookies()).map(({ name }) => name)
    t.notOk(names.includes('access_token_lf') || names.includes('refresh_token_lf'), 'the cookies are removed')
    const cookie = before.map(({ name, value }) => `${name}=${value}`).join('; ')
    t.match(await curl('langflow.example.org/api/v1/flows/', '--header', `cookie: ${cookie}`), { status: 401 },
      'the session has ended')
    await context.close()
  })

  await t.test('deleting the API key ends access within a second', async t => {
    const { id, key } = await keyOf(ada.client, 'short-lived')
    t.match(await call(key, '/v1/flows/'), { status: 200 })
    await ada.client.DELETE('/api/v1/api_key/{api_key_id}', { params: { path: { api_key_id: id } } })
    const ms = await untilRefused(async () => (await call(key, '/v1/flows/')).status)
    t.ok(ms < 1000, `${ms.toFixed()} ms`)
    t.comment(`measured: access ends ${ms.toFixed()} ms after the API key`)
  })

  await t.test('deactivating the account ends access of its keys and sessions within a second', async t => {
    const bob = await account('bob')
    const { key } = await keyOf(bob.client, 'of bob')
    const { context, page } = await newPage()
    await open(page, 'bob')
    const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const byCookie = async () =>
      (await curl('langflow.example.org/api/v1/flows/', '--header', `cookie: ${cookies}`)).status
    const byKey = async () => (await call(key, '/v1/flows/')).status
    t.same([await byCookie(), await byKey()], [200, 200])
    await admin.PATCH('/api/v1/users/{user_id}', {
      params: { path: { user_id: bob.id } }, body: { is_active: false }
    })
    const ms = Math.max(...await Promise.all([untilRefused(byCookie), untilRefused(byKey)]))
    t.ok(ms < 1000, `${ms.toFixed()} ms`)
    t.comment(`measured: access ends ${ms.toFixed()} ms after the account is deactivated`)
    await context.close()
  })
})
