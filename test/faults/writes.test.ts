import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { startPostgres } from '../../scripts/postgres.mjs'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { needsPostgres } from '../helpers/database.ts'
import { keepBooks, rounds } from '../helpers/faults.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { movingPort } from '../helpers/moving-port.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { startWriters, writtenNames } from '../helpers/writers.ts'

const WRITES = 2000
const limits = { timeout: 500_000 }

const expectAllThere = keepBooks(t)

async function ownPostgres (t: Test, options: Parameters<typeof startPostgres>[0] = {}) {
  const postgres = await startPostgres(options)
  if (!postgres) throw new Error('a server is there, and its programs are not')
  t.teardown(() => postgres.stop().catch(() => {})) // some tests stop it themselves
  return postgres
}

async function run (url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Repeatedly kills the server during writes. Every start finds the acknowledged writes. */
async function killAgainAndAgain (t: Test, kills: number, env: Record<string, string>) {
  const cwd = temporaryFolder(t)
  const acknowledged: string[] = []
  for (let kill = 0; kill < kills; kill++) {
    const server = await startServer(t, { env, cwd })
    const headers = bearer(await signIn(server.url))
    await expectAllThere(t, server.url, headers, acknowledged.splice(0))
    const writers = startWriters(server.url, headers)
    await writers.reached(WRITES / kills + kill) // at a random point of its work
    server.child.kill('SIGKILL')
    await writers.stop()
    await server.exit
    acknowledged.push(...writers.acknowledged)
  }
  const server = await startServer(t, { env, cwd })
  const headers = bearer(await signIn(server.url))
  await expectAllThere(t, server.url, headers, acknowledged)
  const names = await writtenNames(server.url, headers)
  t.ok(names.length >= WRITES)
  t.equal(new Set(names).size, names.length, 'and nothing twice')
  t.equal(await server.stop(), 0)
  t.comment(`measured: ${kills} kills, ${names.length} writes in all`)
}

t.test('a killed server loses no acknowledged write on PostgreSQL', {
  ...limits, ...needsPostgres
}, async t => {
  const postgres = await ownPostgres(t, { settings: { fsync: 'on' } })
  await killAgainAndAgain(t, rounds(8, 12), { LANGFLOW_DATABASE_URL: postgres.url })
})

t.test('a killed server loses no acknowledged write on the embedded database', limits,
  t => killAgainAndAgain(t, rounds(8, 20), {}))

t.test('terminated connections and a restart of PostgreSQL under load fail requests and lose no writes', {
  ...limits, ...needsPostgres
}, async t => {
  const postgres = await ownPostgres(t, { settings: { fsync: 'on' } })
  const server = await startServer(t, { env: { LANGFLOW_DATABASE_URL: postgres.url } })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 5000 })
  for (let round = 1; round <= rounds(3, 10); round++) {
    await writers.reached(round * 60)
    await run(postgres.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'flowgate'`)
  }
  for (const mode of ['fast', 'immediate']) {
    postgres.run('restart', '-m', mode)
    const [restarted, before] = [Date.now(), writers.acknowledged.length]
    await writers.reached(before + 1)
    t.ok(Date.now() - restarted < 5000, `${mode}: back after ${Date.now() - restarted} ms`)
    await writers.reached(before + 200)
  }
  const { unexplained } = await writers.stop()
  t.strictSame(Object.keys(writers.statuses).filter(status => !['200', '503'].includes(status)), [],
    `only 200 and 503: ${JSON.stringify(writers.statuses)}`)
  t.equal(unexplained, 0, 'each 503 says when to try again')
  await expectAllThere(t, server.url, headers, writers.acknowledged)
  t.equal(await server.stop(), 0)
})

t.test('after a failover to the standby, no acknowledged write is missing', {
  ...limits, ...needsPostgres
}, async t => {
  const primary = await ownPostgres(t, { settings: { fsync: 'on' } })
  const standby = await ownPostgres(t, { settings: { fsync: 'on' }, standbyOf: primary.port })
  // A write is acknowledged only when both servers have it. Otherwise a failover loses recent writes, whatever the
  // application does.
  await run(primary.url, 'ALTER SYSTEM SET synchronous_standby_names = \'*\'')
  await run(primary.url, 'SELECT pg_reload_conf()')
  const { port, move } = await movingPort(t, primary.port)
  const server = await startServer(t, {
    env: { LANGFLOW_DATABASE_URL: `postgresql://flowgate@127.0.0.1:${port}/postgres` }
  })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 5000 })
  await writers.reached(500)
  move(standby.port) // not promoted yet: the standby is read-only
  await sleep(1000)
  primary.run('stop', '-m', 'immediate')
  standby.run('promote')
  const [promoted, before] = [Date.now(), writers.acknowledged.length]
  await writers.reached(before + 1)
  const tookMs = Date.now() - promoted
  t.ok(tookMs < 5000, `written again ${tookMs} ms after the promotion`)
  t.comment(`measured: writes go on ${tookMs} ms after a standby is promoted`)
  await writers.reached(before + 200)
  const { unexplained } = await writers.stop()
  t.strictSame(Object.keys(writers.statuses).filter(status => !['200', '503'].includes(status)), [],
    `only 200 and 503: ${JSON.stringify(writers.statuses)}`)
  t.equal(unexplained, 0)
  await expectAllThere(t, server.url, headers, writers.acknowledged)
  t.equal(await server.stop(), 0)
})

t.test('an exhausted pool results in a response within the time limit, and recovers', {
  ...limits, ...needsPostgres
}, async t => {
  const postgres = await ownPostgres(t)
  const server = await startServer(t, {
    env: { LANGFLOW_DATABASE_URL: postgres.url, LANGFLOW_DATABASE_POOL_SIZE: '2' }
  })
  const headers = bearer(await signIn(server.url))
  const holder = new pg.Client({ connectionString: postgres.url })
  await holder.connect()
  await holder.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE')
  const writers = startWriters(server.url, headers, { most: 20, atOnce: 20 })
  await writers.done
  const { slowestMs, unexplained } = await writers.stop()
  t.strictSame(Object.keys(writers.statuses), ['503'], JSON.stringify(writers.statuses))
  t.equal(unexplained, 0)
  t.ok(slowestMs < 15_000, `the slowest of 20 after ${slowestMs} ms`)
  await holder.query('ROLLBACK')
  await holder.end()
  t.equal((await send(server.url, '/api_key/', { method: 'POST', body: {}, headers })).status, 200)
  t.equal(await server.stop(), 0)
})

t.test('a PostgreSQL without free connections results in a response within the time limit, and recovers', {
  ...limits, ...needsPostgres
}, async t => {
  const connections = 14
  const postgres = await ownPostgres(t, { settings: { max_connections: String(connections) } })
  const env = { LANGFLOW_DATABASE_URL: postgres.url, LANGFLOW_DATABASE_POOL_SIZE: '5' }
  const server = await startServer(t, { env })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 100_000, atOnce: 8 })
  await writers.reached(100)

  const others: pg.Client[] = []
  /** Takes all connections, including those of the server. It may reconnect first and is then disconnected again. */
  async function takeAll () {
    for (;;) {
      const client = new pg.Client({ connectionString: postgres.url })
      client.on('error', () => {})
      const refusal: unknown = await client.connect().then(() => undefined, error => error)
      if (refusal === undefined) others.push(client)
      await others[0]?.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'flowgate'`)
      // A connection that is being opened has no application name yet.
      if (refusal !== undefined && others.length === connections) return refusal
    }
  }
  t.match(await takeAll(), { code: '53300' })
  const before = { ...writers.statuses }
  await sleep(4000)
  const health = await send('', `${server.url}/health`)
  t.equal(health.status, 503)
  t.ok((writers.statuses[503] ?? 0) > (before[503] ?? 0), JSON.stringify(writers.statuses))
  t.equal(writers.statuses[200], before[200], 'nothing was written meanwhile')
  const late = await runCli(t, ['run'], {
    ...serverEnv, LANGFLOW_DATABASE_URL: postgres.url, LANGFLOW_DATABASE_CONNECT_SECONDS: '1'
  })
  t.equal(late.code, 1)
  t.match(late.stderr, /LANGFLOW_DATABASE_URL: PostgreSQL at .*: .*\(53300\)/, 'and a server that starts says why it cannot')

  await Promise.all(others.map(client => client.end()))
  const [freed, written] = [Date.now(), writers.acknowledged.length]
  await writers.reached(written + 1)
  t.ok(Date.now() - freed < 5000, `back after ${Date.now() - freed} ms`)
  const { unexplained } = await writers.stop()
  t.strictSame(Object.keys(writers.statuses), ['200', '503'])
  t.equal(unexplained, 0)
  await expectAllThere(t, server.url, headers, writers.acknowledged)
  t.equal(await server.stop(), 0)
})
