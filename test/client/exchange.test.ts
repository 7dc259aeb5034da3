import t from 'tap'
import { createClient, FlowgateError } from '../../src/client/index.ts'
import { createClock } from '../helpers/clock.ts'

const BASE = 'https://example.org/flowgate'
const answer = (status: number, body: object, headers = {}) => new Response(JSON.stringify(body), { status, headers })

/** A client with an API key or tokens, and a token endpoint that numbers its tokens. */
function scene (credentials: { apiKey: string } | { tokens: { accessToken: string, refreshToken: string } }) {
  const clock = createClock()
  const forms: Array<Record<string, string>> = []
  const state = {
    valid: 'access-1' as string,
    respond: (): Response | Promise<Response> =>
      answer(200, { access_token: `identity-${forms.length}`, expires_in: 300, scope: 'flows:read flows:write' })
  }
  const client = createClient({
    baseUrl: BASE,
    ...credentials,
    now: () => clock.now().getTime(),
    wait: async () => {},
    fetch: async request => {
      if (request.url === `${BASE}/api/v1/refresh`) {
        state.valid = 'access-2'
        return answer(200, { access_token: 'access-2', refresh_token: 'refresh-2', token_type: 'bearer' })
      }
      t.equal(request.url, `${BASE}/oauth2/token`)
      t.equal(request.headers.get('authorization') ?? request.headers.get('x-api-key'), null)
      const form = Object.fromEntries(new URLSearchParams(await request.text()))
      forms.push(form)
      const isRight = form['subject_token'] === 'sk-key' || form['subject_token'] === state.valid
      return isRight ? state.respond() : answer(400, { error: 'invalid_request', error_description: 'not valid' })
    }
  })
  return { client, clock, forms, state }
}

t.test('a credential is exchanged once for any number of calls, and again after half of the lifetime', async t => {
  const { client, clock, forms } = scene({ apiKey: 'sk-key' })
  const get = () => client.exchangeToken({ audience: 'reports' })
  const all = await Promise.all([get(), get(), get()])
  t.strictSame(new Set(all.map(({ accessToken }) => accessToken)), new Set(['identity-1']))
  t.strictSame(all[0].scopes, ['flows:read', 'flows:write'])
  t.ok(Math.abs(all[0].expiresAt.getTime() - Date.now() - 300_000) < 5000)
  t.strictSame(forms, [{
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'sk-key',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'reports'
  }])
  clock.advance(145)
  t.equal((await get()).accessToken, 'identity-1')
  clock.advance(10)
  t.equal((await get()).accessToken, 'identity-2')
})

t.test('each audience and scope has a separate token', async t => {
  const { client, forms } = scene({ apiKey: 'sk-key' })
  const [reports, invoices] = [{ audience: 'reports' }, { audience: 'invoices' }]
  const asked = [reports, invoices, { ...reports, scope: 'flows:read' }, reports]
  for (const request of asked) await client.exchangeToken(request)
  t.strictSame(forms.map(({ audience, scope }) => [audience, scope]), [
    ['reports', undefined], ['invoices', undefined], ['reports', 'flows:read']
  ])
})

t.test('an expired access token is refreshed before its exchange', async t => {
  const { client, forms, state } = scene({ tokens: { accessToken: 'access-0', refreshToken: 'refresh-0' } })
  t.equal((await client.exchangeToken({ audience: 'reports' })).accessToken, 'identity-2')
  t.strictSame(forms.map(form => form['subject_token']), ['access-0', 'access-2'])
  t.equal(state.valid, 'access-2')
})

t.test('failures have OAuth\'s codes and are not kept', async t => {
  const { client, forms, state } = scene({ apiKey: 'sk-key' })
  const get = () => client.exchangeToken({ audience: 'unknown' })
  const { respond } = state
  state.respond = () => answer(400, { error: 'invalid_target', error_description: 'The audience is not registered' })
  const error = await get().catch(error => error)
  t.ok(error instanceof FlowgateError)
  t.match(error, { code: 'invalid_target', status: 400, detail: 'The audience is not registered' })
  t.equal(forms.length, 1)
  let isDown = true
  state.respond = () => {
    if (!isDown) return respond()
    isDown = false
    return answer(503, { error: 'temporarily_unavailable' }, { 'retry-after': '1' })
  }
  t.equal((await get()).accessToken, 'identity-3', 'an exchange may be repeated')
})

t.test('an abort signal ends the wait of one call', async t => {
  const { client, state } = scene({ apiKey: 'sk-key' })
  const { respond } = state
  let release = () => {}
  state.respond = () => new Promise(resolve => { release = () => resolve(respond()) })
  const aborter = new AbortController()
  const stopped = client.exchangeToken({ audience: 'reports', signal: aborter.signal })
  const waiting = client.exchangeToken({ audience: 'reports' })
  aborter.abort(new Error('stopped'))
  await t.rejects(stopped, { message: 'stopped' })
  await t.rejects(client.exchangeToken({ audience: 'reports', signal: aborter.signal }), { message: 'stopped' })
  release()
  t.equal((await waiting).accessToken, 'identity-1')
})
