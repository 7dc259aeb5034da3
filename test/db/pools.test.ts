import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { readDatabaseUrl } from '../../src/policy/database-url.ts'
import { CONNECTION_LIFE_SECONDS, createPool, targetOf } from '../../src/db/server/connection.ts'
import { statementLimits } from '../../src/db/server/postgres.ts'
import { openDb } from '../../src/db.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'

t.test('a process opens at most the configured number of connections', needsPostgres, async t => {
  for (const databasePoolSize of [2, 3, 10]) {
    const { url, drop } = await createPostgres()
    const options = { databaseUrl: url, configDir: '', databasePoolSize, databaseConnectSeconds: 5 }
    const database = await openDb(options, () => {})
    const watcher = new pg.Client({ connectionString: url })
    await watcher.connect()
    const wait = { name: 'wait', text: 'SELECT 1 FROM pg_sleep($1::float8)' }
    const work = Promise.all(Array.from({ length: 15 }, () =>
      [database.run(wait, [0.1]), database.client.$queryRaw`SELECT 1 FROM pg_sleep(0.1)`]).flat())
    await database.run(wait, [0.05])
    const { rows: [row] } = await watcher.query(`SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`)
    t.equal(row.count, databasePoolSize)
    await work
    await watcher.end()
    await database.close()
    await drop()
  }
})

t.test('a connection is replaced at its maximum age', needsPostgres, async t => {
  t.equal(CONNECTION_LIFE_SECONDS, 300)
  const { url: text, drop } = await createPostgres()
  const { url } = readDatabaseUrl(text)
  if (!url) throw new Error('the URL of the test server is not read')
  const pool = createPool({
    target: targetOf(url), pooling: 'none', limits: statementLimits.request, max: 1, lifeSeconds: 1, onError: () => {}
  })
  const backend = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  const first = await backend()
  t.equal(await backend(), first)
  await sleep(1300)
  t.not(await backend(), first, 'although it was never idle for long')
  await pool.end()
  await drop()
})
