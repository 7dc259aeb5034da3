import t from 'tap'
import { buildApp, type Client, createClient } from '../helpers/app.ts'

const DAY = 86_400
const withKey = (app: Parameters<typeof createClient>[0], key: string) =>
  createClient(app, { headers: { 'x-api-key': key } })
const create = async (client: Client, body: object) => (await client.post('/api_key/', body)).json()
const rotate = (client: Client, id: string, seconds: number) =>
  client.post(`/api_key/${id}/rotate`, { overlap_seconds: seconds })

t.test('the old key works until the overlap ends, and the new one has its settings', async t => {
  const { app, as, clock, logs } = await buildApp(t)
  const ada = await as('ada')
  const settings = {
    name: 'nightly build', scopes: ['account:read', 'flows:read'], allowed_networks: ['127.0.0.0/8'],
    rate_limit: { limit: 1000, window_seconds: 1 }
  }
  const old = await create(ada, settings)
  const answer = await rotate(ada, old.id, 3600)
  t.equal(answer.statusCode, 200)
  const { api_key: key, id, previous } = answer.json()
  t.match(answer.json(), { ...settings, is_active: true, made_by: null, expires_at: null, total_uses: 0 })
  t.match(previous, { id: old.id, replaced_by: id, name: 'nightly build' })
  const left = Date.parse(previous.expires_at) - clock.now().getTime()
  t.ok(left > 3_590_000 && left <= 3_600_000, 'the old key ends an hour later')
  const statuses = async () => [
    (await withKey(app, old.api_key).get('/users/whoami')).statusCode,
    (await withKey(app, key).get('/users/whoami')).statusCode
  ]
  t.strictSame(await statuses(), [200, 200])
  clock.advance(3595)
  t.strictSame(await statuses(), [200, 200], 'both work in the overlap')
  clock.advance(6)
  t.strictSame(await statuses(), [403, 200], 'the old key expires without further action')
  const [event] = logs.filter(line => line.includes('"api_key_rotated"')).map(line => JSON.parse(line))
  t.match(event, {
    subject: old.id, replaced_by: id, expires_at: previous.expires_at, user: ada.user.id, via: 'session'
  })
  t.notOk(logs.join('').includes(key), 'the new key is in no log line')
})

t.test('without an overlap the old key ends at once, and an earlier expiry stays', async t => {
  const { app, as, clock } = await buildApp(t)
  const ada = await as('ada')
  const now = await create(ada, {})
  t.equal((await withKey(app, now.api_key).get('/users/whoami')).statusCode, 200)
  await rotate(ada, now.id, 0)
  t.match((await withKey(app, now.api_key).get('/users/whoami')).json(), { code: 'expired_api_key' })
  const soon = new Date(clock.now().getTime() + 60_000).toISOString()
  const short = await create(ada, { expires_at: soon })
  t.equal((await rotate(ada, short.id, 3600)).json().previous.expires_at, soon)
})

t.test('a person renews the lifetime, a key does not prolong itself', async t => {
  const { app, as, clock } = await buildApp(t)
  const ada = await as('ada')
  const inDays = (days: number) => new Date(clock.now().getTime() + days * DAY * 1000)
  const { id, api_key: key, expires_at: end } = await create(ada, { expires_at: inDays(90).toISOString() })
  clock.advance(80 * DAY)
  const { id: second, api_key: own, ...bySelf } = (await rotate(withKey(app, key), id, 60)).json()
  t.equal(bySelf.expires_at, end, 'rotated with itself: the same expiry')
  const again = await rotate(await as('ada'), second, 60)
  const renewed = Date.parse(again.json().expires_at)
  t.ok(Math.abs(renewed - inDays(10).getTime()) < DAY * 1000 / 2, 'by a person: the lifetime of that key, from now')
  t.equal((await withKey(app, own).get('/users/whoami')).statusCode, 200)
  clock.advance(20 * DAY)
  const later = await as('ada')
  const expired = await rotate(later, again.json().id, 60)
  t.equal(expired.statusCode, 200, 'a person may rotate an expired key')
  t.ok(Date.parse(expired.json().expires_at) > clock.now().getTime())
})

t.test('a key is rotated once, whoever asks at the same time', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const { id } = await create(ada, {})
  const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(ada, id, 60)))
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [200, 409, 409, 409, 409])
  const refused = answers.find(({ statusCode }) => statusCode === 409)
  t.match(refused?.json(), { code: 'api_key_not_rotatable', detail: /^The API key was rotated into [\da-f-]{36}$/ })
  t.equal((await ada.get('/api_key/')).json().total_count, 2)

  const inactive = await create(ada, {})
  await ada.patch(`/api_key/${inactive.id}`, { is_active: false })
  t.match((await rotate(ada, inactive.id, 60)).json(), { code: 'api_key_not_rotatable', detail: /inactive/ })
})

t.test('the keys that a key created follow it, and end with its successor', async t => {
  const { app, as, clock } = await buildApp(t)
  const ada = await as('ada')
  const { id, api_key: key } = await create(ada, {})
  const child = await create(withKey(app, key), { name: 'child' })
  const { id: next } = (await rotate(ada, id, 60)).json()
  clock.advance(120)
  const work = async () => (await withKey(app, child.api_key).get('/users/whoami')).statusCode
  t.equal(await work(), 200, 'the child outlives the old key')
  await ada.delete(`/api_key/${id}`)
  t.equal(await work(), 200)
  const { api_keys: keys } = (await ada.get('/api_key/')).json()
  t.equal(keys.find((each: { name: string }) => each.name === 'child').made_by, next)
  await ada.delete(`/api_key/${next}`)
  t.equal(await work(), 403, 'it ends with the successor')
})

t.test('an API key rotates itself and what it created, and nothing else', async t => {
  const { app, as } = await buildApp(t)
  const ada = await as('ada')
  const [own, other] = [await create(ada, { scopes: ['keys:write', 'account:read'] }), await create(ada, {})]
  const client = withKey(app, own.api_key)
  const child = await create(client, {})
  t.match((await rotate(client, child.id, 60)).json(), { made_by: own.id, scopes: ['account:read', 'keys:write'] })
  t.match((await rotate(client, other.id, 60)).json(), { code: 'stronger_api_key', detail: /only itself/ })
  t.equal((await rotate(client, own.id, 60)).statusCode, 200)
  t.equal((await rotate(await as('bob'), own.id, 60)).statusCode, 404)
})

t.test('the policy of the longest lifetime applies to every way to get a key', async t => {
  const { app, as, clock } = await buildApp(t, { env: { LANGFLOW_API_KEY_MAX_DAYS: '30' } })
  const ada = await as('ada')
  const days = (text: string) => (Date.parse(text) - clock.now().getTime()) / DAY / 1000
  const isMonth = (text: string) => days(text) > 29.9 && days(text) <= 30
  const { id, api_key: key, expires_at: end } = await create(ada, { name: 'Langflow sends only a name' })
  t.ok(isMonth(end), 'a key without an expiry gets the longest lifetime')
  const inDays = (count: number) => new Date(clock.now().getTime() + count * DAY * 1000).toISOString()
  for (const answer of [
    await ada.post('/api_key/', { expires_at: inDays(31) }),
    await ada.patch(`/api_key/${id}`, { expires_at: inDays(31) }),
    await withKey(app, key).post('/api_key/', { expires_at: inDays(31) })
  ]) {
    t.match({ status: answer.statusCode, body: answer.json() }, {
      status: 422,
      body: { detail: [{ loc: ['body', 'expires_at'], msg: /^Expiry must be at most 30 days from now, before 2/ }] }
    })
  }
  t.equal((await ada.post('/api_key/', { expires_at: inDays(29) })).statusCode, 200)
  t.equal((await create(withKey(app, key), {})).expires_at, end, 'a key that it creates ends with it')
  t.match((await ada.get('/api_key/options')).json(), { max_days: 30 })
  clock.advance(10 * DAY)
  t.ok(isMonth((await rotate(await as('ada'), id, 60)).json().expires_at))
})
