import { PGlite } from '@electric-sql/pglite'
import t, { type Test } from 'tap'
import type { Database } from '../../src/db.ts'
import { readFacts } from '../../src/db/facts.ts'
import { factProblems } from '../../src/db/usable.ts'
import { migrate } from '../../src/migrate.ts'
import { buildApp, cookiesOf } from '../helpers/app.ts'
import { openMemory, openPostgres, postgresUrl } from '../helpers/database.ts'

const ZONES = ['Asia/Kolkata', 'America/St_Johns', 'Pacific/Kiritimati']

/** Both engines, each with a hostile default time zone. */
async function onEachEngine (t: Test, test: (t: Test, database: Database) => Promise<unknown>) {
  await t.test('embedded', async t => test(t, await openMemory()))
  for (const TimeZone of ZONES) {
    await t.test(TimeZone, { skip: !postgresUrl }, async t => {
      const { database } = await openPostgres({ defaults: { TimeZone, DateStyle: 'SQL, DMY' } })
      await migrate(database)
      await test(t, database)
    })
  }
}

t.test('every session uses UTC and ISO dates, regardless of the defaults of the database', async t => {
  await onEachEngine(t, async (t, database) => {
    t.match((await readFacts(database.run)).settings, { TimeZone: 'UTC', DateStyle: 'ISO, MDY' }, 'raw statements')
    const [prisma] = await database.client.$queryRaw<[{ zone: string }]>`SELECT current_setting('TimeZone') AS zone`
    t.match(prisma, { zone: 'UTC' }, 'Prisma')
    const { adapter, close } = database.openMigrationAdapter({ prepare: script => script, onError: () => {} })
    const { rows } = await (await adapter.connect()).queryRaw({ sql: 'SHOW TimeZone', args: [], argTypes: [] })
    t.strictSame(rows, [['UTC']], 'migrations')
    await close()
    await database.close()
  })
})

t.test('a session with another time zone or date style is rejected', async t => {
  const pglite = await PGlite.create()
  await pglite.exec("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'")
  const problems = factProblems(await readFacts(async <Row>({ text }: { text: string }) =>
    (await pglite.query<Row>(text)).rows))
  t.match(problems.map(({ problem }) => problem), [/TimeZone is Asia\/Kolkata.*UTC/, /DateStyle is German/])
  await pglite.close()
})

t.test('raw statements and Prisma agree on all timestamps of accounts, sessions and keys', async t => {
  await onEachEngine(t, async (t, database) => {
    const { as, clock, login, admin, anonymous } = await buildApp(t, { database })
    const ada = await as('ada')
    const boss = await admin()
    const [byToken, byList] = [
      (await ada.get('/users/whoami')).json(), (await boss.get('/users/?search=ada')).json().users[0]
    ]
    for (const name of ['create_at', 'updated_at', 'last_login_at']) t.equal(byToken[name], byList[name], name)
    t.ok(Math.abs(Date.parse(byToken.create_at) - Date.now()) < 60_000, `made now: ${byToken.create_at}`)

    const refresh = (token: string) => anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: token } })
    const next = await refresh(ada.tokens.refresh_token)
    t.equal(next.statusCode, 200)
    clock.advance(11)
    t.equal((await refresh(ada.tokens.refresh_token)).statusCode, 401, 'a replay after the grace is refused')
    t.equal((await refresh(cookiesOf(next)['refresh_token_lf']?.value ?? '')).statusCode, 401, 'and ends the session')
    clock.advance(-11)

    const again = { headers: { authorization: `Bearer ${(await login('ada', 'a pass phrase for tests')).json().access_token}` } }
    const { id, api_key: key } = (await ada.post('/api_key/', {}, again)).json()
    const end = new Date(Date.now() + 3_600_000).toISOString()
    t.equal((await ada.patch(`/api_key/${id}`, { expires_at: end }, again)).json().expires_at, end)
    t.equal((await ada.get('/api_key/', undefined, again)).json().api_keys[0].expires_at, end)
    const byKey = () => anonymous.get('/users/whoami', undefined, { headers: { 'x-api-key': key } })
    t.equal((await byKey()).statusCode, 200)
    clock.advance(3590)
    t.equal((await byKey()).statusCode, 200, 'good until its expiry')
    clock.advance(20)
    t.equal((await byKey()).statusCode, 403, 'and not longer')
  })
})
