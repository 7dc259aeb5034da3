import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CONSECUTIVE_MAX } from '../../src/services/sign-in/throttling/sign-in-guard.ts'
import { ADMIN, buildApp, type Client, PASSWORD } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'
import { needsRedis, startRedis } from '../helpers/redis.ts'

type Account = { user: { id: string, username: string }, status: string, throttled_until: string | null }

const list = async (client: Client, query = ''): Promise<Account[]> =>
  (await client.get(`/accounts?limit=200&${query}`)).json().accounts
const names = async (client: Client, query: string) => (await list(client, query)).map(({ user }) => user.username)

t.test('the list of accounts shows and filters approval, activity and role', async t => {
  const { anonymous, admin } = await buildApp(t, { env: { LANGFLOW_NEW_USER_IS_ACTIVE: 'false' } })
  const boss = await admin()
  const ids: Record<string, string> = {}
  for (const username of ['ada', 'bea', 'cleo', 'dora']) {
    ids[username] = (await anonymous.post('/users/', { username, password: PASSWORD })).json().id
  }
  await boss.patch(`/users/${ids['ada']}`, { is_active: true, is_superuser: true })
  await boss.patch(`/users/${ids['bea']}`, { is_active: true })
  await boss.patch(`/users/${ids['bea']}`, { is_active: false })

  t.strictSame(Object.fromEntries((await list(boss)).map(({ user, status }) => [user.username, status])),
    { ada: 'active', [ADMIN.username]: 'active', bea: 'inactive', cleo: 'pending', dora: 'pending' })
  for (const [query, expected] of [
    ['status=active', ['ada', ADMIN.username]], ['status=pending', ['cleo', 'dora']], ['status=inactive', ['bea']],
    ['status=superuser', ['ada', ADMIN.username]], ['status=throttled', []],
    ['status=pending&search=DO', ['dora']], ['status=active&sort=-username', [ADMIN.username, 'ada']]
  ] as const) t.strictSame(await names(boss, query), expected, query)
  t.match((await boss.get('/accounts?status=pending&limit=1&skip=1')).json(),
    { total_count: 2, accounts: [{ user: { username: 'dora' } }] })
  t.match((await boss.get(`/accounts/${ids['bea']}`)).json(), { user: { username: 'bea' }, status: 'inactive' })
  t.equal((await boss.get('/accounts?status=locked')).statusCode, 422)
  t.equal((await boss.get('/accounts/00000000-0000-4000-8000-000000000000')).statusCode, 404)
})

/** Sign-ins fail on one replica; another one reads the state and unlocks the account. */
async function throttle (t: Test, env: Record<string, string>) {
  const database = await openLasting(t)
  const options = { env: { LANGFLOW_RATE_LIMIT_ENABLED: 'true', ...env }, database }
  const [here, there] = [await buildApp(t, options), await buildApp(t, options)]
  await here.as('ada')
  const { user: bea } = await here.as('bea')
  const boss = await there.admin()
  for (let n = 0; n < 6; n++) await here.login('bea', `wrong ${n}`)
  for (let n = 0; n < 6; n++) await here.login('no such account', `wrong ${n}`)
  await here.login('ada', 'wrong')

  const [, , throttled] = await list(boss)
  const leftMs = Date.parse(throttled?.throttled_until ?? '') - there.clock.now().getTime()
  t.ok(leftMs > 50_000 && leftMs <= 60_000, `bea is throttled for another ${leftMs} ms`)
  t.match(await list(boss, 'status=throttled'), [{ user: { username: 'bea' }, status: 'active', is_throttled: true }])
  t.match((await boss.get('/accounts?status=throttled')).json(), { total_count: 1 })
  t.equal((await here.login('bea', PASSWORD)).statusCode, 429)

  const unlocked = await boss.post(`/users/${bea.id}/unlock`)
  t.match(unlocked.json(), { user: { id: bea.id }, is_throttled: false, throttled_until: null })
  t.match(there.logs.map(line => JSON.parse(line)).find(({ event }) => event === 'unlocked'), { subject: bea.id })
  await sleep(10)
  here.clock.advance(1.1)
  t.equal((await here.login('bea', PASSWORD)).statusCode, 200)
  t.strictSame(await names(boss, 'status=throttled'), [])
  return { here, there, boss }
}

t.test('throttled accounts are shown and unlocked on every replica, with counters in the database', async t => {
  const { here, there, boss } = await throttle(t, {})
  for (let n = 0; n < 6; n++) await here.login('ada', `wrong again ${n}`)
  t.strictSame(await names(boss, 'status=throttled'), ['ada'])
  there.clock.advance(61)
  t.strictSame(await names(boss, 'status=throttled'), [], 'until the counter expires')
  await there.db.failureCount.updateMany({
    where: { network: '' }, data: { failures: CONSECUTIVE_MAX, expiresAt: new Date(there.clock.now().getTime() + 3e6) }
  })
  const { failureCounts } = there.app
  const { find } = failureCounts
  let reads = 0
  failureCounts.find = (...args) => { reads++; return find(...args) }
  t.strictSame(await names(boss, 'status=throttled'), ['ada'], 'also for all networks')
  t.equal((await list(boss)).length, 3)
  t.equal(reads, 3, 'one read for a page, one more for the filter')
})

t.test('throttled accounts are shown and unlocked on every replica, with counters in Redis', needsRedis, async t => {
  const redis = await startRedis(t)
  const { boss } = await throttle(t, { LANGFLOW_RATE_LIMIT_STORAGE_URI: redis.uri })
  await redis.stop()
  const unknown = { is_throttled: null }
  t.match(await list(boss), [unknown, unknown, unknown], 'null while Redis is down, and the list still works')
  t.match((await boss.get('/accounts?status=throttled')).json(), { code: 'limits_unavailable' })
  const [{ user }] = await list(boss)
  t.match((await boss.post(`/users/${user.id}/unlock`)).json(), { code: 'limits_unavailable' })
})

t.test('without limits no account is throttled', async t => {
  const { admin, login } = await buildApp(t)
  const boss = await admin()
  for (let n = 0; n < 6; n++) await login(ADMIN.username, `wrong ${n}`)
  t.strictSame(await names(boss, 'status=throttled'), [])
})

t.test('a superuser ends one session of an account', async t => {
  const { as, admin } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const other = await as('ada')
  const path = `/users/${ada.user.id}/sessions`
  const [{ id }] = (await boss.get(path)).json().sessions
  t.match((await boss.delete(`${path}/${id}`)).json(), { ended: 1 })
  t.equal((await boss.delete(`${path}/${id}`)).statusCode, 404)
  t.strictSame([(await other.get('/sessions')).statusCode, (await ada.get('/sessions')).statusCode].sort(), [200, 401])
  t.equal((await boss.delete(`/users/${boss.user.id}/sessions/${id}`)).statusCode, 404, 'the path names the owner')
})
