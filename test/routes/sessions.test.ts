import t from 'tap'
import { buildApp, createClient } from '../helpers/app.ts'
import { countStatements, openMemory } from '../helpers/database.ts'

t.test('users list and end their sessions', async t => {
  const { app, login, as } = await buildApp(t)
  const ada = await as('ada')
  const phone = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: new URLSearchParams({ username: 'ada', password: 'a pass phrase for tests' }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'phone/1.0' },
    remoteAddress: '192.0.2.7'
  })
  const third = (await login('ada', 'a pass phrase for tests')).json()
  const list = (await ada.get('/sessions')).json()
  t.equal(list.total_count, 3)
  t.strictSame(list.sessions.map(({ is_current: current }: { is_current: boolean }) => current), [false, false, true])
  t.match(list.sessions[1], { user_agent: 'phone/1.0', address: '192.0.2.7', method: 'password', created_at: /Z$/ })

  const whoami = (token: string) =>
    createClient(app, { headers: { authorization: `Bearer ${token}` } }).get('/users/whoami')
  t.strictSame((await ada.delete(`/sessions/${list.sessions[1].id}`)).json(), { ended: 1 })
  t.equal((await whoami(phone.json().access_token)).statusCode, 401)
  t.equal((await ada.delete(`/sessions/${list.sessions[1].id}`)).statusCode, 404, 'it has already ended')
  t.strictSame((await ada.delete('/sessions')).json(), { ended: 1 })
  t.equal((await whoami(third.access_token)).statusCode, 401)
  t.equal((await ada.get('/sessions')).json().total_count, 1, 'the current session remains')
})

t.test('sessions belong to one account; superusers can end them', async t => {
  const { as, admin } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  const { sessions: [{ id }] } = (await ada.get('/sessions')).json()
  for (const client of [bob, boss]) t.equal((await client.delete(`/sessions/${id}`)).statusCode, 404)
  t.equal((await bob.delete(`/users/${ada.user.id}/sessions`)).statusCode, 403)
  t.equal((await bob.get(`/users/${ada.user.id}/sessions`)).statusCode, 403)
  t.match((await boss.get(`/users/${ada.user.id}/sessions`)).json(), { total_count: 1, sessions: [{ id }] })
  t.strictSame((await boss.delete(`/users/${ada.user.id}/sessions`)).json(), { ended: 1 })
  t.match((await ada.get('/users/whoami')).json(), { code: 'session_ended' })
  t.equal((await boss.delete('/users/00000000-0000-4000-8000-000000000000/sessions')).statusCode, 404)
})

t.test('sessions expire when they are not refreshed, and at their maximum age', async t => {
  const env = {
    LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: '100', LANGFLOW_REFRESH_TOKEN_EXPIRE_SECONDS: '1000',
    LANGFLOW_SESSION_EXPIRE_SECONDS: '2500'
  }
  const { as, anonymous, clock } = await buildApp(t, { env })
  const refresh = (token: string) => anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: token } })
  let token = (await as('ada')).tokens.refresh_token
  const idle = (await as('bob')).tokens.refresh_token
  for (const after of [900, 900]) {
    clock.advance(after)
    const response = await refresh(token)
    t.equal(response.statusCode, 200)
    token = response.json().refresh_token
  }
  t.equal((await refresh(idle)).statusCode, 401)
  clock.advance(600)
  t.equal((await refresh(token)).statusCode, 200)
  clock.advance(101)
  t.equal((await refresh(token)).statusCode, 401)
})

t.test('access is cached for at most a second and invalidated by every change', async t => {
  const database = await openMemory()
  const reads = countStatements(database)
  const { as, admin, clock } = await buildApp(t, { database })
  const [ada, boss] = [await as('ada'), await admin()]
  await ada.get('/users/whoami')
  const before = reads.count
  for (let i = 0; i < 20; i++) await ada.get('/users/whoami')
  t.equal(reads.count, before, 'no read for twenty requests')
  clock.advance(1.001)
  await ada.get('/users/whoami')
  t.equal(reads.count, before + 1)
  await boss.patch(`/users/${ada.user.id}`, { profile_image: 'cat.svg' })
  t.match((await ada.get('/users/whoami')).json(), { profile_image: 'cat.svg' })
})
