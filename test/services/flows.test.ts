import t, { type Test } from 'tap'
import { buildApp, type TestOptions } from '../helpers/app.ts'
import { needsPostgres, openPostgres } from '../helpers/database.ts'

const data = { nodes: [], edges: [] }

async function writeInParallel (t: Test, options: TestOptions) {
  const { as, db } = await buildApp(t, options)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const writers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? ada : bob))
  const created = await Promise.all(writers.map(client =>
    client.post('/flows/', { name: 'same', endpoint_name: 'same', data })))
  t.strictSame(new Set(created.map(({ statusCode }) => statusCode)), new Set([201]))
  for (const client of [ada, bob]) {
    const flows = await db.flow.findMany({ where: { userId: client.user.id } })
    const numbered = (base: string, end: (n: number) => string) =>
      [base, ...Array.from({ length: 24 }, (_, n) => `${base}${end(n + 1)}`)].sort()
    t.strictSame(flows.map(({ name }) => name).sort(), numbered('same', n => ` (${n})`))
    t.strictSame(flows.map(({ endpointName }) => endpointName).sort(), numbered('same', n => `-${n}`))
    const projects = await db.project.findMany({ where: { userId: client.user.id } })
    t.strictSame(new Set(flows.map(({ projectId }) => projectId)), new Set(projects.map(({ id }) => id)))
  }

  const ids: string[] = created.map(response => response.json().id)
  const changes = await Promise.all(ids.flatMap((id, index) => [ada, bob].map(async client => {
    const response = await client.patch(`/flows/${id}`, { description: client.user.username })
    return [client === writers[index], response.statusCode] as const
  })))
  t.ok(changes.every(([isOwner, status]) => status === (isOwner ? 200 : 404)), 'each changes only its own flows')
  const rows = await db.flow.findMany({ include: { user: true } })
  t.ok(rows.every(({ description, user }) => description === user.username))

  const removals = await Promise.all(ids.flatMap(id => [ada, ada, bob, bob].map(client => client.delete(`/flows/${id}`))))
  t.equal(removals.filter(({ statusCode }) => statusCode === 200).length, 50, 'each flow is deleted once')
  t.equal(await db.flow.count(), 0)
}

t.test('fifty concurrent writers of two accounts do not conflict', async t => {
  await t.test('embedded', t => writeInParallel(t, {}))
  await t.test('on a server', needsPostgres, async t => {
    const { database } = await openPostgres()
    await writeInParallel(t, { database })
  })
})

t.test('flows written during the deletion of their account do not remain', needsPostgres, async t => {
  const { database } = await openPostgres()
  const { as, admin, db } = await buildApp(t, { database })
  const [ada, boss] = [await as('ada'), await admin()]
  const requests = Array.from({ length: 20 }, (_, n) => n === 10
    ? boss.delete(`/users/${ada.user.id}`)
    : ada.post('/flows/', { name: 'x', data }))
  const statuses = new Set((await Promise.all(requests)).map(({ statusCode }) => statusCode))
  t.strictSame([...statuses].filter(status => ![200, 201, 401].includes(status)), [])
  t.equal(await db.flow.count(), 0)
})

t.test('deleting an account deletes all its rows', async t => {
  const { as, admin, db } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  for (const client of [ada, bob]) {
    const project = (await client.post('/projects/', { name: 'P' })).json()
    for (let n = 0; n < 3; n++) await client.post('/flows/', { name: 'x', data, folder_id: n ? project.id : null })
  }
  // All tables with an owner, including future ones.
  const tables = await db.$queryRaw<Array<{ name: string }>>`
    SELECT table_name AS name FROM information_schema.columns
    WHERE column_name = 'user_id' AND table_schema = 'public'`
  t.ok(tables.length >= 3)
  const count = async (id: string) => {
    const counts = await Promise.all(tables.map(async ({ name }) => {
      const [row] = await db.$queryRawUnsafe<Array<{ n: number }>>(
        `SELECT count(*)::int AS n FROM "${name}" WHERE user_id = $1::uuid`, id)
      return [name, row?.n] as const
    }))
    return Object.fromEntries(counts)
  }
  const before = await count(bob.user.id)
  t.match(before, { flows: 3, projects: 2, sessions: 1 })
  await boss.delete(`/users/${ada.user.id}`)
  t.ok(Object.values(await count(ada.user.id)).every(n => n === 0))
  t.strictSame(await count(bob.user.id), before, 'it deletes nothing of other accounts')
})

t.test('long lists are complete while they are edited', async t => {
  const { as, app, db } = await buildApp(t)
  const ada = await as('ada')
  const flows = Array.from({ length: 1000 }, (_, n) => ({ name: `flow ${n}`, data }))
  for (let n = 0; n < 2; n++) await ada.post('/flows/batch/', { flows })
  const seen = new Set<string>()
  for await (const batch of app.services.flowLists.all(ada.user.id, {}, { withData: true })) {
    for (const { id } of batch) seen.add(id)
    const [next] = await db.flow.findMany({ where: { id: { notIn: [...seen] } }, take: 1 })
    if (next) await ada.patch(`/flows/${next.id}`, { description: 'edited' })
  }
  t.equal(seen.size, 2000)
  const pages: string[] = []
  for (let page = 1; page <= 20; page++) {
    const { items } = (await ada.get(`/flows/?get_all=false&header_flows=true&size=100&page=${page}`)).json()
    pages.push(...items.map(({ id }: { id: string }) => id))
  }
  t.equal(new Set(pages).size, 2000, 'the pages contain each flow once')
})
