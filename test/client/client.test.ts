import t from 'tap'
import { type ClientOptions, createClient, FlowgateError, type Tokens } from '../../src/client/index.ts'

const BASE = 'https://example.org/flowgate'
const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const failure = (status: number, code: string, headers = {}, more = {}) =>
  json({ detail: `About ${code}`, code, request_id: 'r-1', ...more }, status, { 'x-request-id': 'r-1', ...headers })
const user = { id: 'u-1', username: 'ada' }

/** A request as the server received it. */
type Received = { method: string, path: string, headers: Headers, body: string }

/** A server in memory with one session, whose tokens are numbered. */
function createServer () {
  const server = {
    received: [] as Received[],
    valid: 1,
    issued: 1,
    /** Replaces the response to requests of the API. */
    respond: undefined as ((request: Received) => Response | undefined | Promise<Response | undefined>) | undefined,
    paths: () => server.received.map(({ method, path }) => `${method} ${path}`),
    async fetch (request: Request): Promise<Response> {
      const { method, url, headers } = request
      const received = { method, path: url.slice(BASE.length), headers, body: await request.text() }
      if (!url.startsWith(`${BASE}/`)) throw new Error(`not a URL of the server: ${url}`)
      server.received.push(received)
      const other = await server.respond?.(received)
      if (other) return other
      const issue = () => {
        server.valid = ++server.issued
        return json({ access_token: `access-${server.valid}`, refresh_token: `refresh-${server.valid}`, token_type: 'bearer' })
      }
      if (received.path === '/api/v1/login') {
        return received.body === 'username=ada&password=right' ? issue() : failure(401, 'wrong_password')
      }
      if (received.path === '/api/v1/refresh') {
        const isRight = headers.get('cookie') === `refresh_token_lf=refresh-${server.issued}`
        return isRight ? issue() : failure(401, 'invalid_refresh_token')
      }
      const authorization = headers.get('authorization')
      if (headers.get('x-api-key') === 'sk-right' || authorization === `Bearer access-${server.valid}`) return json(user)
      return failure(401, authorization ? 'expired_token' : 'invalid_api_key')
    },
    /** The access tokens are no longer valid. */
    expire: () => { server.valid = 0 }
  }
  return server
}

const tokens: Tokens = { accessToken: 'access-1', refreshToken: 'refresh-1' }

function scene (options: Partial<ClientOptions> = {}) {
  const server = createServer()
  const waits: number[] = []
  const kept: Tokens[] = []
  const client = createClient({
    baseUrl: `${BASE}/`,
    fetch: server.fetch,
    wait: async seconds => { waits.push(seconds) },
    onTokens: tokens => { kept.push(tokens) },
    ...(options.apiKey === undefined && options.username === undefined ? { tokens } : {}),
    ...options
  } as ClientOptions) // one kind of credentials
  return { server, client, waits, kept, whoami: () => client.GET('/api/v1/users/whoami') }
}

const rejected = async (call: Promise<unknown>): Promise<FlowgateError> => {
  const error = await call.then(() => new Error('succeeded'), error => error)
  if (error instanceof FlowgateError) return error
  throw error
}

t.test('API keys and tokens are sent in their headers, below the path of the base URL', async t => {
  const byKey = scene({ apiKey: 'sk-right' })
  const { data, response } = await byKey.whoami()
  t.equal(data.username, 'ada')
  t.equal(response.status, 200)
  t.equal(byKey.server.received[0].headers.get('authorization'), null)
  const byTokens = scene()
  t.equal((await byTokens.whoami()).data.username, 'ada')
  t.strictSame(byTokens.server.paths(), ['GET /api/v1/users/whoami'])
})

t.test('any number of waiting calls cause one refresh, and are sent again once', async t => {
  const { server, kept, whoami } = scene()
  server.expire()
  const all = await Promise.all(Array.from({ length: 100 }, whoami))
  t.ok(all.every(({ data }) => data.username === 'ada'))
  t.equal(server.paths().filter(path => path === 'POST /api/v1/refresh').length, 1)
  t.equal(server.received.length, 201)
  t.strictSame(kept, [{ accessToken: 'access-2', refreshToken: 'refresh-2' }])
  server.expire()
  await whoami()
  t.equal(kept.at(-1)?.accessToken, 'access-3', 'the new refresh token is used')
})

t.test('a late refusal of an old token does not cause another refresh', async t => {
  const { server, whoami } = scene()
  server.expire()
  let release = () => {}
  const held = new Promise<void>(resolve => { release = resolve })
  let calls = 0
  server.respond = async ({ path, headers }) => {
    if (path !== '/api/v1/users/whoami' || headers.get('authorization') !== 'Bearer access-1') return undefined
    if (++calls === 2) await held
    return failure(401, 'expired_token')
  }
  const [first, second] = [whoami(), whoami()]
  await first
  release()
  t.equal((await second).data.username, 'ada')
  t.equal(server.paths().filter(path => path === 'POST /api/v1/refresh').length, 1)
})

t.test('the body of a request is sent again with the new token', async t => {
  const { server, client } = scene({ attemptsMax: 1 })
  server.expire()
  await client.POST('/api/v1/api_key/', { body: { name: 'nightly' } })
  t.strictSame(server.received.map(({ body }) => body), ['{"name":"nightly"}', '', '{"name":"nightly"}'])
})

t.test('with a password, the client signs in once, and again when its session has ended', async t => {
  const { server, kept, whoami } = scene({ username: 'ada', password: 'right' })
  await Promise.all([whoami(), whoami(), whoami()])
  t.equal(server.paths().filter(path => path === 'POST /api/v1/login').length, 1)
  server.expire()
  server.issued = 100 // the refresh token is not valid, either
  t.equal((await whoami()).data.username, 'ada')
  t.strictSame(server.paths().slice(-4), [
    'GET /api/v1/users/whoami', 'POST /api/v1/refresh', 'POST /api/v1/login', 'GET /api/v1/users/whoami'
  ])
  t.strictSame(kept.map(({ accessToken }) => accessToken), ['access-2', 'access-101'])
})

t.test('a wrong password and an ended session are failures of every waiting call', async t => {
  const wrong = scene({ username: 'ada', password: 'wrong' })
  const errors = await Promise.all([wrong.whoami(), wrong.whoami()].map(rejected))
  t.strictSame(errors.map(({ code }) => code), ['wrong_password', 'wrong_password'])
  t.equal(wrong.server.received.length, 1)

  const ended = scene()
  ended.server.expire()
  ended.server.issued = 100
  t.match(await rejected(ended.whoami()), { code: 'invalid_refresh_token', status: 401 })
  const short = scene({ tokens: { accessToken: 'access-0' } })
  t.match(await rejected(short.whoami()), { code: 'expired_token', status: 401 })
  t.equal(short.server.received.length, 1, 'nothing to refresh with')
})

t.test('other refusals do not cause a refresh', async t => {
  const { server, client, whoami } = scene()
  server.respond = () => failure(401, 'inactive_account')
  t.match(await rejected(whoami()), { code: 'inactive_account' })
  server.respond = () => failure(403, 'superuser_required')
  t.match(await rejected(client.GET('/api/v1/users/')), { code: 'superuser_required', status: 403 })
  t.equal(server.received.length, 2)
  const byKey = scene({ apiKey: 'sk-wrong' })
  t.match(await rejected(byKey.whoami()), { code: 'invalid_api_key' })
  t.equal(byKey.server.received.length, 1)
})

t.test('Retry-After is observed: bounded, and only where a second request has no second effect', async t => {
  const { server, client, waits, whoami } = scene()
  const create = () => client.POST('/api/v1/api_key/', { body: { name: 'nightly' } })
  const answers = (...statuses: Array<[number, string?]>) => {
    server.received.length = waits.length = 0
    server.respond = () => {
      const next = statuses.shift()
      return next && failure(next[0], 'too_many_requests', next[1] === undefined ? {} : { 'retry-after': next[1] })
    }
  }
  answers([429, '7'], [503, '2'])
  t.equal((await whoami()).data.username, 'ada')
  t.strictSame(waits, [7, 2])

  answers([429, '1'], [429, '1'], [429, '1'], [429, '1'])
  t.match(await rejected(whoami()), { status: 429, retryAfterSeconds: 1 })
  t.equal(server.received.length, 3)

  answers([429, '31'])
  t.match(await rejected(whoami()), { status: 429, retryAfterSeconds: 31 })
  t.equal(server.received.length, 1, 'a long pause is not waited for')

  answers([503])
  t.match(await rejected(whoami()), { status: 503, retryAfterSeconds: undefined })
  t.equal(server.received.length, 1, 'no pause is stated')

  answers([503, '1'])
  t.match(await rejected(create()), { status: 503, retryAfterSeconds: 1 })
  t.equal(server.received.length, 1, 'POST may have been executed')

  answers([429, '1'])
  await create()
  t.strictSame(server.received.map(({ body }) => body), ['{"name":"nightly"}', '{"name":"nightly"}'])

  answers([429, new Date(Date.now() + 20_000).toUTCString()])
  await whoami()
  t.ok(waits.length === 1 && waits[0] > 10 && waits[0] <= 20, 'a date')
})

t.test('failures have a code, the detail, invalid members, a hint and the request ID', async t => {
  const { server, whoami } = scene()
  server.respond = () => failure(404, 'user_not_found', {}, { hint: 'List the users' })
  const error = await rejected(whoami())
  t.match(error, {
    name: 'FlowgateError', status: 404, code: 'user_not_found', detail: 'About user_not_found', hint: 'List the users',
    requestId: 'r-1', problems: [], message: 'About user_not_found (404 user_not_found)'
  })
  server.respond = () => failure(422, 'invalid_request', {}, {
    detail: [{ type: 'missing', loc: ['body', 'password'], msg: 'Field required' }, 'odd']
  })
  t.match(await rejected(whoami()), {
    problems: [{ loc: ['body', 'password'], msg: 'Field required' }], detail: 'body.password: Field required'
  })
  server.respond = () => new Response('<html>Bad gateway</html>', { status: 502 })
  t.match(await rejected(whoami()), { status: 502, code: 'unexpected_response', requestId: undefined })
  server.respond = () => json(null, 500)
  t.match(await rejected(whoami()), { status: 500, code: 'unexpected_response' })
  server.respond = () => { throw new TypeError('fetch failed') }
  t.match(await rejected(whoami()), { status: 0, code: 'unreachable', cause: { message: 'fetch failed' } })
})

t.test('an abort signal ends a call, its pause, and its wait for a shared refresh', async t => {
  const aborter = new AbortController()
  const { server, client } = scene({ wait: () => new Promise(() => {}) })
  const call = (signal?: AbortSignal) => client.GET('/api/v1/users/whoami', signal ? { signal } : {})
  const reason = new Error('stopped')

  server.respond = () => failure(429, 'too_many_requests', { 'retry-after': '1' })
  const paused = call(aborter.signal)
  aborter.abort(reason)
  await t.rejects(paused, reason)
  await t.rejects(call(aborter.signal), reason)

  const other = new AbortController()
  let release = () => {}
  const asked = new Promise<void>(resolve => {
    server.respond = async ({ path }) => {
      if (path !== '/api/v1/refresh') return undefined
      resolve()
      await new Promise<void>(resolve => { release = resolve })
      return undefined
    }
  })
  server.expire()
  const [stopped, waiting] = [call(other.signal), call()]
  await asked
  other.abort(reason)
  await t.rejects(stopped, reason)
  release()
  t.equal((await waiting).data.username, 'ada', 'the refresh continues for other calls')
})

t.test('errors contain no credentials', async t => {
  const credentials: Array<Partial<ClientOptions>> = [
    { apiKey: 'sk-secret' },
    { tokens: { accessToken: 'access-secret', refreshToken: 'refresh-secret' } },
    { username: 'ada', password: 'pass-secret' }
  ]
  for (const each of credentials) {
    const unreachable = () => { throw new TypeError('fetch failed') }
    for (const respond of [undefined, unreachable, () => new Response('x', { status: 500 })]) {
      const { server, client, whoami } = scene(each)
      server.respond = respond
      for (const call of [whoami(), client.exchangeToken({ audience: 'reports' })]) {
        const error = await rejected(call)
        t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)) + error.stack, 'secret')
      }
    }
  }
  for (const bad of ['sk-secret\n', 'sk-secret x', 'sk-sécret', '']) {
    t.throws(() => scene({ apiKey: bad }), { name: 'TypeError', message: /^API keys and tokens must be/ })
  }
})

t.test('options that are not valid are refused', t => {
  const wrong: object[] = [
    {}, { apiKey: 'a', username: 'b', password: 'c' }, { username: 'b' }, { password: 'c' },
    { apiKey: 'a', baseUrl: 'example.org' }, { apiKey: 'a', baseUrl: 'https://a:b@example.org' },
    { apiKey: 'a', baseUrl: 'https://example.org?x' }, { apiKey: 'a', baseUrl: 'ftp://example.org' }
  ]
  for (const options of wrong) {
    t.throws(() => createClient({ baseUrl: BASE, ...options } as ClientOptions), TypeError, JSON.stringify(options))
  }
  t.end()
})
