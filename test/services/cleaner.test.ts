import t from 'tap'
import { createCleaner } from '../../src/services/upkeep/cleaner.ts'
import { buildApp } from '../helpers/app.ts'
import { openPostgres, needsPostgres } from '../helpers/database.ts'

const now = new Date()
const rows = (userId: string, count: number, times: { expiresAt: Date, endedAt?: Date }) =>
  Array.from({ length: count }, () => ({ userId, method: 'password', rotatedAt: now, createdAt: now, ...times }))

t.test('ended sessions are deleted in batches, and open ones remain', async t => {
  const { app, db, as } = await buildApp(t)
  const { user, get } = await as('ada')
  const [past, future] = [new Date(Date.now() - 7_200_000), new Date(Date.now() + 7_200_000)]
  await db.session.createMany({
    data: [
      ...rows(user.id, 2500, { expiresAt: past }), ...rows(user.id, 10, { expiresAt: future, endedAt: past }),
      ...rows(user.id, 5, { expiresAt: future, endedAt: new Date() }), ...rows(user.id, 3, { expiresAt: future })
    ]
  })
  t.equal(await app.services.cleaner.clean(), 2510)
  t.equal(await db.session.count(), 9, 'open sessions, and those that ended within the hour')
  t.equal((await get('/users/whoami')).statusCode, 200)
  t.equal(await app.services.cleaner.clean(), 0)
})

t.test('only one replica cleans at a time', needsPostgres, async t => {
  const { database } = await openPostgres()
  const { app, db, as } = await buildApp(t, { database })
  const { user } = await as('ada')
  await db.session.createMany({ data: rows(user.id, 3000, { expiresAt: new Date(0) }) })
  const onError = (error: unknown) => { throw error }
  const { run } = database
  const { config } = app
  const cleaners = Array.from({ length: 3 }, () => createCleaner({ ...config, run, clock: () => new Date(), onError }))
  t.teardown(() => Promise.all(cleaners.map(({ close }) => close())))
  const removed = await Promise.all(cleaners.map(({ clean }) => clean()))
  t.ok(removed.reduce((sum, count) => sum + count) <= 3000, 'no session is counted twice')
  await cleaners[0]?.clean()
  t.equal(await db.session.count({ where: { expiresAt: { lt: new Date() } } }), 0)
})
