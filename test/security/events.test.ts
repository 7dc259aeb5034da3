import t from 'tap'
import { ADMIN, buildApp, PASSWORD } from '../helpers/app.ts'

type Line = { event?: string, request_id?: string, address?: string, user?: string } & Record<string, unknown>

t.test('every security event is one log line with account, address and request ID', async t => {
  const { admin, as, anonymous, login, logs, clock } = await buildApp(t, {
    env: { LANGFLOW_ENABLE_SECRET_READ: 'true', LANGFLOW_RATE_LIMIT_ENABLED: 'true' }
  })
  const lines = (): Line[] => logs.map(line => JSON.parse(line)).filter(({ event }) => event)
  /** The log lines of a request. */
  async function events (work: () => Promise<{ statusCode: number }>) {
    const before = lines().length
    await work()
    const added = lines().slice(before)
    for (const line of added) t.match(line, { request_id: String, address: '127.0.0.1' }, line.event ?? '')
    return added
  }
  const [boss, ada] = [await admin(), await as('ada')]
  const { id } = ada.user
  const path = `/users/${id}`

  t.match(await events(() => login('ada', PASSWORD)), [{ event: 'sign_in', user: id, method: 'password', sid: String }])
  t.match(await events(() => login('ada', 'wrong')), [{ event: 'sign_in_failed', user: id, reason: 'wrong_password' }])
  t.match(await events(() => login('eve', 'wrong')), [{ event: 'sign_in_failed', reason: 'unknown_user' }])
  for (let n = 0; n < 3; n++) await login('ada', `wrong ${n}`)
  t.match(await events(() => login('ada', 'wrong 4')),
    [{ event: 'sign_in_failed' }, { event: 'locked', bound: 'sign-in' }])
  t.strictSame(await events(() => login('ada', 'wrong 5')), [], 'throttled attempts cause no event')

  t.match(await events(() => boss.patch(path, { is_superuser: true, is_active: true, password: '' })),
    [{ event: 'role_changed', user: boss.user.id, via: 'session', subject: id, is_superuser: true }])
  t.match(await events(() => boss.patch(path, { is_superuser: false, is_active: false })),
    [{ event: 'role_changed', is_superuser: false }, { event: 'deactivated', subject: id }])
  t.match(await events(() => login('ada', PASSWORD)), [])
  t.match(await events(() => boss.patch(path, { is_active: true, password: 'chosen by the boss' })),
    [{ event: 'activated' }, { event: 'password_reset', subject: id }])
  t.strictSame(await events(() => boss.patch(path, { profile_image: 'x' })), [], 'a profile picture causes no event')

  const again = (await login('ada', 'chosen by the boss')).json()
  const bearer = { headers: { authorization: `Bearer ${again.access_token}` } }
  const change = (current: string) => anonymous.patch(`${path}/reset-password`, {
    current_password: current, password: 'my own pass phrase'
  }, bearer)
  t.match(await events(() => change('wrong')), [{ event: 'password_change_failed', user: id }])
  t.match(await events(() => change('chosen by the boss')), [{ event: 'password_changed', user: id }])

  const soon = new Date(clock.now().getTime() + 60_000).toISOString()
  let key = { id: '', api_key: '' }
  t.match(await events(async () => {
    const made = await boss.post('/api_key/', { name: 'x', expires_at: soon })
    key = made.json()
    return made
  }), [{ event: 'api_key_created', user: boss.user.id }])
  t.match(await events(() => boss.patch(`/api_key/${key.id}`, { name: 'y' })), [{ event: 'api_key_changed', subject: key.id }])
  const byKey = { headers: { 'x-api-key': key.api_key } }
  t.match(await events(() => anonymous.post('/users/', { username: 'bob', password: PASSWORD }, byKey)),
    [{ event: 'user_created', via: 'api_key', api_key: key.id, user: boss.user.id }])
  clock.advance(61)
  t.match(await events(() => anonymous.get('/users/whoami', undefined, byKey)),
    [{ event: 'expired_api_key_used', api_key: key.id, user: boss.user.id }])
  t.match(await events(() => boss.delete(`/api_key/${key.id}`)), [{ event: 'api_key_deleted', subject: key.id }])

  const variable = (await boss.post('/variables/', { name: 'v', value: 'sk-hush', default_fields: null })).json()
  t.match(await events(() => boss.get(`/variables/${variable.id}/value`)), [{ event: 'secret_read', variable: variable.id }])
  t.match(await events(() => boss.delete('/sessions')), [{ event: 'sessions_ended', subject: boss.user.id }])
  t.match(await events(() => boss.delete(`${path}/sessions`)), [{ event: 'sessions_ended', subject: id }])
  t.match(await events(() => boss.delete(path)), [{ event: 'user_deleted', subject: id, user: boss.user.id }])
  const cookies = { refresh_token_lf: boss.tokens.refresh_token }
  for (let n = 0; n < 2; n++) {
    const { refresh_token: next } = (await anonymous.post('/refresh', undefined, { cookies })).json()
    await anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: next } })
    if (n === 0) clock.advance(11)
  }
  t.ok(lines().some(({ event }) => event === 'refresh_reuse'))
  t.match(await events(() => boss.post('/logout')), [])
  const last = await admin()
  t.match(await events(() => last.post('/logout')), [{ event: 'sign_out', user: boss.user.id }])

  const text = JSON.stringify(lines())
  for (const secret of [PASSWORD, ADMIN.password, 'wrong 4', 'chosen by the boss', key.api_key, 'sk-hush', '"eve"',
    again.access_token]) t.notOk(text.includes(secret), 'no secrets')
})
