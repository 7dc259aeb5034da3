import t, { type Test } from 'tap'
import { buildApp, createClient } from '../helpers/app.ts'

type Rate = [limit: number, windowSeconds: number]
type Made = { id: string, api_key: string }

/** A key with a rate limit, and a way to create keys and to count what they may do. */
async function start (t: Test, [limit, windowSeconds]: Rate) {
  const { app, as, clock } = await buildApp(t)
  const ada = await as('ada')
  const clientOf = ({ api_key: key }: Made) => createClient(app, { headers: { 'x-api-key': key } })
  const body = ([limit, windowSeconds]: Rate) => ({ rate_limit: { limit, window_seconds: windowSeconds } })
  const whoami = (key: Made) => clientOf(key).get('/users/whoami')
  const create = async (by: Made, rate?: Rate): Promise<Made> =>
    (await clientOf(by).post('/api_key/', rate ? body(rate) : {})).json()
  /** Uses a key until it is refused. */
  const exhaust = async (key: Made) => {
    let accepted = 0
    while ((await whoami(key)).statusCode === 200) accepted++
    return accepted
  }
  const creator: Made = (await ada.post('/api_key/', body([limit, windowSeconds]))).json()
  return { ada, clock, creator, create, exhaust, whoami }
}

t.test('a key that another key created counts towards the limits of both', async t => {
  const { clock, creator, create, exhaust } = await start(t, [10, 60])
  const [same, lower] = [await create(creator), await create(creator, [3, 60])]
  const lowest = await create(lower, [2, 60])
  clock.advance(60)
  t.equal(await exhaust(lowest), 2)
  t.equal(await exhaust(lower), 1, 'two of three were used by the key that it created')
  t.equal(await exhaust(same), 7, 'three of ten were used')
  t.strictSame([await exhaust(creator), await exhaust(lower)], [0, 0])
})

t.test('a key with a long window does not exhaust the key that created it', async t => {
  const { clock, creator, create, exhaust, whoami } = await start(t, [10, 60])
  const rare = await create(creator, [1, 86_400])
  clock.advance(60)
  const used = await whoami(rare)
  t.match([used.statusCode, used.headers['ratelimit']], [200, '"api-key";r=0;t=86400'])
  t.equal((await whoami(rare)).headers['retry-after'], '86400')
  t.equal(await exhaust(creator), 9)
})

t.test('a request that one limit refuses does not count towards the other', async t => {
  const { clock, creator, create, exhaust, whoami } = await start(t, [10, 60])
  const lower = await create(creator, [1, 3600])
  clock.advance(60)
  t.equal(await exhaust(lower), 1)
  for (let n = 0; n < 20; n++) t.equal((await whoami(lower)).statusCode, 429)
  t.equal(await exhaust(creator), 9)
  clock.advance(3600)
  t.equal(await exhaust(creator), 10)
  t.match((await whoami(lower)).headers['ratelimit-policy'], '"api-key";q=10;w=60', 'the limit that refuses')
  clock.advance(6)
  t.equal(await exhaust(lower), 1, 'nor did the refusal count towards its own limit')
})

t.test('a rotated key shares its limit with its successor and with the keys that it created', async t => {
  const { ada, clock, creator, create, exhaust } = await start(t, [10, 60])
  const made = await create(creator)
  clock.advance(60)
  const successor: Made = (await ada.post(`/api_key/${creator.id}/rotate`, { overlap_seconds: 3600 })).json()
  t.equal(await exhaust(successor), 10)
  t.strictSame([await exhaust(creator), await exhaust(made)], [0, 0])
})

t.test('a key does not end the wait of another one with the same counter and a shorter window', async t => {
  const { ada, clock, creator, exhaust, whoami } = await start(t, [5, 86_400])
  const successor: Made = (await ada.post(`/api_key/${creator.id}/rotate`, { overlap_seconds: 2_592_000 })).json()
  await ada.patch(`/api_key/${successor.id}`, { rate_limit: { limit: 1, window_seconds: 17_280 } })
  t.equal(await exhaust(creator), 5)
  let accepted = 0
  for (let n = 0; n < 10; n++) {
    clock.advance(1)
    t.equal((await whoami(successor)).statusCode, 429)
    accepted += await exhaust(creator)
  }
  t.equal(accepted, 0)
})

t.test('a limit that a key gets later applies to the keys that it created, too', async t => {
  const { ada, clock, creator, create, exhaust } = await start(t, [1000, 1])
  const made = await create(creator)
  await ada.patch(`/api_key/${creator.id}`, { rate_limit: { limit: 4, window_seconds: 60 } })
  clock.advance(60)
  t.equal(await exhaust(made), 4)
  t.equal(await exhaust(creator), 0)
})
