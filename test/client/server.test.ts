import t from 'tap'
import { createClient, FlowgateError, type Tokens } from '../../src/client/index.ts'
import { ADMIN } from '../helpers/app.ts'
import { startServer } from '../helpers/server.ts'

const { url: baseUrl } = await startServer(t)

t.test('a client works with a server: sign-in, refresh, typed results and failures', async t => {
  const kept: Tokens[] = []
  const client = createClient({ baseUrl, ...ADMIN, onTokens: tokens => { kept.push(tokens) } })
  const { data: created } = await client.POST('/api/v1/users/', {
    body: { username: 'ada', password: 'a long pass phrase' }
  })
  t.equal(created.username, 'ada')
  const deleted = await client.DELETE('/api/v1/users/{user_id}', { params: { path: { user_id: created.id } } })
  t.equal(deleted.response.status, 200)

  const { data: key, response } = await client.POST('/api/v1/api_key/', { body: { name: 'nightly' } })
  t.ok(response.headers.get('location'))
  const byKey = createClient({ baseUrl, apiKey: key.api_key })
  t.equal((await byKey.GET('/api/v1/users/whoami')).data.username, ADMIN.username)

  const missing = await client.GET('/api/v1/users/{user_id}', {
    params: { path: { user_id: '00000000-0000-4000-8000-000000000000' } }
  }).catch(error => error)
  t.ok(missing instanceof FlowgateError)
  t.match(missing, { status: 404, code: 'user_not_found', requestId: /./ })
  const unfit = await client.POST('/api/v1/users/', { body: { username: 'b', password: 'short' } })
    .catch(error => error)
  t.match(unfit, { status: 422, code: 'invalid_request', problems: [{ loc: ['body', 'password'] }] })

  const renewed: Tokens[] = []
  const [{ refreshToken }] = kept
  const stale = createClient({
    baseUrl,
    tokens: { accessToken: 'no.longer.valid', ...(refreshToken && { refreshToken }) },
    onTokens: tokens => { renewed.push(tokens) }
  })
  const all = await Promise.all(Array.from({ length: 20 }, () => stale.GET('/api/v1/users/whoami')))
  t.ok(all.every(({ data }) => data.username === ADMIN.username))
  t.equal(renewed.length, 1, 'one refresh')
  t.not(renewed[0].refreshToken, refreshToken)
})

t.test('failed sign-ins are failures with the code of the server', async t => {
  const client = createClient({ baseUrl, username: ADMIN.username, password: 'wrong' })
  await t.rejects(client.GET('/api/v1/users/whoami'), { status: 401, code: 'wrong_password' })
  const gone = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'sk-x' })
  await t.rejects(gone.GET('/api/v1/users/whoami'), { status: 0, code: 'unreachable' })
})
