import t from 'tap'
import { buildApp, createClient } from '../helpers/app.ts'

const DAY = 86_400

t.test('the uses of a key are counted by day, in UTC', async t => {
  const { app, admin, as, clock } = await buildApp(t)
  const ada = await as('ada')
  const { api_key: key, id } = (await ada.post('/api_key/', {})).json()
  const client = createClient(app, { headers: { 'x-api-key': key } })
  const midnight = Math.ceil(clock.now().getTime() / 1000 / DAY) * DAY
  clock.advance(midnight - clock.now().getTime() / 1000 - 30)
  const day = (offset: number) => new Date((midnight + offset * DAY) * 1000).toISOString().slice(0, 10)
  const use = async (count: number) => { for (let n = 0; n < count; n++) await client.get('/users/whoami') }
  await use(3)
  clock.advance(60) // the next day, before the uses were written
  await use(2)
  await app.services.usage.flush()
  await use(1)
  await app.services.usage.flush()
  const later = await as('ada')
  for (const wrong of ['0', '367', 'x']) {
    t.equal((await later.get(`/api_key/${id}/usage?days=${wrong}`)).statusCode, 422, wrong)
  }
  const usage = async (query = '') => (await (await as('ada')).get(`/api_key/${id}/usage${query}`)).json()
  t.match(await usage('?days=3'), {
    api_key_id: id,
    total_uses: 6,
    days: [{ day: day(-2), uses: 0 }, { day: day(-1), uses: 3 }, { day: day(0), uses: 3 }]
  })
  t.equal((await usage()).days.length, 30)
  clock.advance(2 * DAY)
  t.match((await usage('?days=2')).days, [{ day: day(1), uses: 0 }, { day: day(2), uses: 0 }])
  t.match((await usage('?days=4')).days, [{ uses: 3 }, { uses: 3 }, { uses: 0 }, { uses: 0 }])
  t.equal((await (await as('bob')).get(`/api_key/${id}/usage`)).statusCode, 404)
  const boss = await admin()
  t.match((await boss.get(`/users/${ada.user.id}/api_keys/${id}/usage?days=1`)).json(), { api_key_id: id, total_uses: 6 })
  t.equal((await boss.get(`/users/${boss.user.id}/api_keys/${id}/usage`)).statusCode, 404)
})

t.test('a key that is deleted while its uses are written loses only its own', async t => {
  const { app, as, db } = await buildApp(t)
  const ada = await as('ada')
  const keys = await Promise.all([1, 2].map(async () => (await ada.post('/api_key/', {})).json()))
  for (const { api_key: key } of keys) {
    await createClient(app, { headers: { 'x-api-key': key } }).get('/users/whoami')
  }
  await ada.delete(`/api_key/${keys[0].id}`)
  await app.services.usage.flush()
  t.match(await db.apiKeyUses.findMany(), [{ apiKeyId: keys[1].id, uses: 1n }])
  t.equal(await app.services.usage.close(), 0, 'nothing is left to write')
  await ada.delete(`/api_key/${keys[1].id}`)
  t.strictSame(await db.apiKeyUses.findMany(), [])
})

t.test('daily uses are kept for a year, and counters of rate limits for two days', async t => {
  const { app, as, clock, db } = await buildApp(t)
  const ada = await as('ada')
  const { api_key: key, id } = (await ada.post('/api_key/', { rate_limit: { limit: 5, window_seconds: 60 } })).json()
  await createClient(app, { headers: { 'x-api-key': key } }).get('/users/whoami')
  await app.services.usage.flush()
  await app.services.rateLimits.exchange()
  const count = async () => [await db.apiKeyUses.count({ where: { apiKeyId: id } }), await db.rateCounter.count()]
  t.strictSame(await count(), [1, 1])
  clock.advance(365 * DAY - 10)
  await app.services.cleaner.clean()
  t.strictSame(await count(), [1, 0])
  clock.advance(2 * DAY)
  await app.services.cleaner.clean()
  t.strictSame(await count(), [0, 0])
})
