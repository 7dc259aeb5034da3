import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { createUsage } from '../../src/services/credentials/usage.ts'
import { migrate } from '../../src/migrate.ts'
import { buildApp, createClient, PASSWORD } from '../helpers/app.ts'
import { needsPostgres, openPostgres } from '../helpers/database.ts'

type Session = { id: string, created_at: string }

t.test('a sign-in beyond the maximum of sessions ends the oldest one, also with auto login', async t => {
  const { app, as, login, db, logs } = await buildApp(t, { env: { LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: '3' } })
  const ada = await as('ada')
  const later: string[] = []
  for (let n = 0; n < 3; n++) later.push((await login('ada', PASSWORD)).json().access_token)
  t.match((await ada.get('/users/whoami')).json(), { code: 'session_ended' }, 'immediately on this replica')
  for (const token of later) {
    const client = createClient(app, { headers: { authorization: `Bearer ${token}` } })
    t.equal((await client.get('/users/whoami')).statusCode, 200)
  }
  const sessions = await db.session.findMany({ where: { userId: ada.user.id }, orderBy: { createdAt: 'asc' } })
  t.strictSame(sessions.map(({ endReason }) => endReason), ['superseded', null, null, null])
  t.match(logs.map(line => JSON.parse(line)).filter(({ event }) => event === 'sign_in').at(-1), { superseded: 1 })
  const parallel = await Promise.all(Array.from({ length: 12 }, () => login('ada', PASSWORD)))
  t.strictSame([...new Set(parallel.map(({ statusCode }) => statusCode))], [200])
  await login('ada', PASSWORD)
  t.equal(await db.session.count({ where: { userId: ada.user.id, endedAt: null } }), 3)

  const open = await buildApp(t, { env: { LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: '5' } })
  for (let n = 0; n < 20; n++) t.equal((await open.anonymous.get('/auto_login')).statusCode, 200)
  t.equal(await open.db.session.count({ where: { endedAt: null } }), 5)
})

t.test('lists of sessions have pages, the latest first', async t => {
  const { as, login, admin } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  for (let n = 0; n < 6; n++) await login('ada', PASSWORD)
  for (const [client, path] of [[ada, '/sessions'], [boss, `/users/${ada.user.id}/sessions`]] as const) {
    const all = (await client.get(path)).json()
    t.equal(all.total_count, 7)
    const moments = all.sessions.map(({ created_at: at }: Session) => at)
    t.strictSame(moments, moments.toSorted().reverse())
    const ids = (list: Session[]) => list.map(({ id }) => id)
    const pages = await Promise.all([0, 3, 6, 9].map(async skip =>
      (await client.get(`${path}?skip=${skip}&limit=3`)).json()))
    t.strictSame(pages.map(({ total_count: total }) => total), [7, 7, 7, 7])
    t.strictSame(ids(pages.flatMap(({ sessions }) => sessions)), ids(all.sessions))
    for (const query of ['limit=0', 'limit=201', 'skip=-1', 'limit=x', 'skip=9999999999']) {
      t.equal((await client.get(`${path}?${query}`)).statusCode, 422, query)
    }
  }
})

t.test('flows and projects of an account are limited on every path', async t => {
  const env = { LANGFLOW_MAX_FLOWS_PER_ACCOUNT: '5', LANGFLOW_MAX_PROJECTS_PER_ACCOUNT: '3' }
  const { as } = await buildApp(t, { env })
  const ada = await as('ada')
  const flow = { name: 'x', data: {} }
  const flows = (count: number) => ({ flows: Array(count).fill(flow) })
  const refused = { code: 'too_many_flows', detail: 'An account may have 5 flows' }
  t.match((await ada.post('/flows/batch/', flows(6))).json(), refused)
  t.equal((await ada.post('/flows/batch/', flows(3))).statusCode, 201)
  const racing = await Promise.all(Array.from({ length: 6 }, () => ada.post('/flows/', flow)))
  t.equal(racing.filter(({ statusCode }) => statusCode === 201).length, 2, 'of six concurrent requests')
  t.equal((await ada.get('/flows/?get_all=true')).json().length, 5)
  const projects = await Promise.all(Array.from({ length: 6 }, () => ada.post('/projects/', { name: 'x' })))
  t.equal(projects.filter(({ statusCode }) => statusCode === 201).length, 2, 'in addition to the first project')
  t.match((await ada.post('/projects/', { name: 'x' })).json(), { code: 'too_many_projects' })
  t.equal((await (await as('bob')).post('/flows/', flow)).statusCode, 201, 'each account has a separate limit')
})

t.test('idle sessions are removed before they expire', async t => {
  const { app, as, db } = await buildApp(t, {
    env: { LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: '60', LANGFLOW_REFRESH_TOKEN_EXPIRE_SECONDS: '600' }
  })
  const { user: { id: userId } } = await as('ada')
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)
  const rows = (count: number, createdAt: Date, rotatedAt: Date) => Array.from({ length: count }, () => ({
    userId, method: 'password', createdAt, rotatedAt, expiresAt: new Date(createdAt.getTime() + 2_592_000_000)
  }))
  await db.session.createMany({
    data: [...rows(12_000, ago(90_000), ago(700)), ...rows(30, ago(90_000), ago(500)), ...rows(40, ago(700), ago(700))]
  })
  t.equal(await app.services.cleaner.clean(), 12_040)
  t.equal(await db.session.count(), 1 + 30 + 0)
})

t.test('uses that cannot be written wait in one batch and are counted once',
  needsPostgres, async t => {
    const { database, url } = await openPostgres()
    await migrate(database)
    const { as } = await buildApp(t, { database })
    const ada = await as('ada')
    const { id } = (await ada.post('/api_key/', {})).json()
    const errors: unknown[] = []
    let statements = 0
    const usage = createUsage({
      run: (statement, values) => { statements++; return database.run(statement, values) },
      clock: () => new Date(),
      writerId: '00000000-0000-4000-8000-000000000001',
      onError: error => errors.push(error)
    })
    const blocker = new pg.Client({ connectionString: url })
    await blocker.connect()
    t.teardown(() => blocker.end())
    await blocker.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE')
    for (let n = 0; n < 10; n++) usage.count(id)
    const flushes = Promise.all(Array.from({ length: 8 }, () => usage.flush()))
    await sleep(300)
    t.equal(statements, 1, 'one flush at a time')
    await flushes
    t.equal(errors.length, 1, 'the write was abandoned')
    for (let n = 0; n < 5; n++) usage.count(id)
    const retry = usage.flush()
    await sleep(100)
    await blocker.query('COMMIT')
    await retry
    const since = performance.now()
    t.equal(await usage.close(), 0)
    t.ok(performance.now() - since < 2000)
    const uses = async () => Number((await database.client.apiKey.findUniqueOrThrow({ where: { id } })).totalUses)
    t.equal(await uses(), 15)
  })

t.test('a batch that was written without a response is not counted again', needsPostgres, async t => {
  const { database } = await openPostgres()
  await migrate(database)
  const { as } = await buildApp(t, { database })
  const ada = await as('ada')
  const { id } = (await ada.post('/api_key/', {})).json()
  let answers = 0
  const usage = createUsage({
    run: async (statement, values) => {
      const rows = await database.run(statement, values)
      if (answers++ < 3) throw new Error('the answer was lost')
      return rows as never
    },
    clock: () => new Date(),
    writerId: '00000000-0000-4000-8000-000000000002',
    onError: () => {}
  })
  for (let round = 0; round < 4; round++) {
    usage.count(id)
    await usage.flush()
  }
  t.equal(await usage.close(), 0)
  t.equal(Number((await database.client.apiKey.findUniqueOrThrow({ where: { id } })).totalUses), 4)
})
