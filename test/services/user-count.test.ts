import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { needsPostgres, openPostgres } from '../helpers/database.ts'

type List = { total_count: number }

t.test('the account counter is exact under concurrent writes', needsPostgres, async t => {
  const { database } = await openPostgres()
  const { admin, db } = await buildApp(t, { database })
  const superuser = await admin()
  const total = async () => (await superuser.get('/users/?limit=1')).json<List>().total_count
  const before = await total()
  t.equal(before, await db.user.count())

  const names = Array.from({ length: 40 }, (_, n) => `counted-${n}`)
  const data = (username: string) => ({ username, usernameKey: username, passwordHash: 'x', isActive: true })
  await Promise.all(names.map(name => db.user.create({ data: data(name) })))
  t.equal(await total(), before + 40)
  await db.user.createMany({ data: Array.from({ length: 10 }, (_, n) => data(`many-${n}`)) })
  t.equal(await total(), before + 50)

  await t.rejects(db.$transaction(async tx => {
    await tx.user.create({ data: data('undone') })
    throw new Error('the transaction fails')
  }))
  t.equal(await total(), before + 50, 'transactions that are rolled back do not count')

  await Promise.all([
    ...names.map(username => db.user.delete({ where: { usernameKey: username } })),
    db.user.deleteMany({ where: { username: { startsWith: 'many-' } } })
  ])
  t.equal(await total(), before)
  await db.user.deleteMany({ where: { username: 'nobody of that name' } })
  t.equal(await total(), await db.user.count())
})
