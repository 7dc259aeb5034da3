import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'
import { PASSWORD } from '../helpers/app.ts'
import { runCli, startCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { openStored } from '../helpers/fernet.ts'
import { type SecretRow, seedSecrets, variableContext } from '../helpers/secret-rows.ts'
import { type Server, startServer } from '../helpers/server.ts'

const ROWS = 20_000
const ACCOUNTS = 20
const PER_ACCOUNT = ROWS / ACCOUNTS
const [OLD, NEW] = [generateSecretKey(), generateSecretKey()]
const prefixOf = (key: string) => `fg1:${parseSecretKey(key).keyId}`

const COUNT = 'SELECT count(*)::int AS n FROM variables WHERE left(sealed_value, 14) = $1'

/** Pause between two requests of a client. The load is steady and leaves CPU time for the rotation. */
const PAUSE_MS = 5

async function signIn ({ url }: Server): Promise<Record<string, string>> {
  const body = new URLSearchParams({ username: 'langflow', password: PASSWORD })
  const response = await fetch(`${url}/api/v1/login`, { method: 'POST', body })
  const { access_token: token } = await response.json() as { access_token: string } // untyped JSON
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}

const readValue = async ({ url }: Server, headers: Record<string, string>, id: string) => {
  const response = await fetch(`${url}/api/v1/variables/${id}/value`, { headers })
  const { value, detail } = await response.json() as { value?: string, detail?: string } // untyped JSON
  return value ?? `${response.status} ${detail}`
}

/** Reads and rewrites rows until it is stopped. @returns the errors */
function putUnderLoad (server: Server, headers: Record<string, string>, readRows: SecretRow[], writeRows: SecretRow[]) {
  const wrong: string[] = []
  const counts = { reads: 0, writes: 0 }
  const state = { isOver: false }
  const pick = (rows: SecretRow[], n: number) => rows[n % rows.length]

  async function read () {
    for (let n = 0; !state.isOver; n++) {
      const { id, value } = pick(readRows, n * 7)
      const found = await readValue(server, headers, id)
      if (found !== value) wrong.push(`read: ${found}`)
      counts.reads++
      await sleep(PAUSE_MS)
    }
  }
  async function write () {
    for (let n = 0; !state.isOver; n++) {
      const row = pick(writeRows, n * 11)
      const value = `rewritten ${n}`
      const response = await fetch(`${server.url}/api/v1/variables/${row.id}`, {
        method: 'PATCH', headers, body: JSON.stringify({ id: row.id, value })
      })
      if (response.status === 200) row.value = value
      else wrong.push(`write: ${response.status}`)
      await response.arrayBuffer()
      counts.writes++
      await sleep(PAUSE_MS)
    }
  }
  const work = Promise.all([read(), write()])
  return async () => {
    state.isOver = true
    await work
    return { wrong, ...counts }
  }
}

/** The settings of a server and its commands. */
const settings = (url: string, secretKey: string, previous = '') => ({
  LANGFLOW_DATABASE_URL: url,
  LANGFLOW_AUTO_LOGIN: 'false',
  LANGFLOW_SUPERUSER: 'langflow',
  LANGFLOW_SUPERUSER_PASSWORD: PASSWORD,
  LANGFLOW_ENABLE_SECRET_READ: 'true',
  LANGFLOW_SECRET_KEY: secretKey,
  LANGFLOW_SECRET_KEY_PREVIOUS: previous
})

async function connect (t: Test, url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  const count = async (key: string): Promise<number> =>
    (await client.query(COUNT, [prefixOf(key)])).rows[0].n
  return { client, count }
}

t.test(`${ROWS} secrets move to a new key under load, whatever is killed on the way`, needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const { client, count } = await connect(t, url)
  const [onlyOld, onlyNew, both] = [settings(url, OLD), settings(url, NEW), settings(url, NEW, OLD)]

  await (await startServer(t, { env: onlyOld })).stop()
  const rows = await seedSecrets(client, OLD, { accounts: ACCOUNTS, perAccount: PER_ACCOUNT })
  t.equal(await count(OLD), ROWS)

  const replicas = await Promise.all([startServer(t, { env: both }), startServer(t, { env: both })])
  const headers = await signIn(replicas[0])
  const own = rows.slice(0, PER_ACCOUNT)
  const [readRows, firstWrites, secondWrites] = [own.slice(0, 800), own.slice(800, 900), own.slice(900)]
  const endLoad = [
    putUnderLoad(replicas[0], headers, readRows, firstWrites),
    putUnderLoad(replicas[1], headers, readRows, secondWrites)
  ]

  const started = Date.now()
  const killed = startCli(t, ['secrets', 'rotate'], both)
  while (await count(OLD) > ROWS / 2) await sleep(50)
  killed.child.kill('SIGKILL')
  t.equal((await killed.ended).signal, 'SIGKILL')
  const left = await count(OLD)
  t.ok(left > 0 && left <= ROWS / 2, `${left} were left when the rotation was killed`)
  const killedAfter = Date.now() - started

  const resumed = Date.now()
  const { code, stdout, stderr } = await runCli(t, ['secrets', 'rotate', '--json'], both)
  const seconds = (Date.now() - resumed) / 1000
  t.equal(code, 0, stderr)
  const result = JSON.parse(stdout)
  t.match(result, { failed: [], remaining: 0, retired: [parseSecretKey(OLD).keyId] })
  t.equal(await count(OLD), 0, 'no row is under the old key')
  t.equal(await count(NEW), ROWS)

  for (const end of endLoad) {
    const { wrong, reads, writes } = await end()
    t.strictSame(wrong, [], 'nobody who read or wrote noticed')
    t.ok(reads > 10 && writes > 10)
    t.comment(`measured: load on one replica meanwhile: ${reads} reads, ${writes} writes`)
  }
  t.comment(`measured: rotation killed after ${(killedAfter / 1000).toFixed(1)} s with ${left} rows left; then ${result.rotated} rows in ` +
    `${result.seconds.toFixed(1)} s, ${Math.round(result.rotated / result.seconds)} rows/s (${seconds.toFixed(1)} s with its start)`)
  for (const replica of replicas) t.equal(await replica.stop(), 0)

  const refused = await runCli(t, ['run', '--port', '0'], onlyOld)
  t.equal(refused.code, 78, 'the old key alone does not start any more')
  t.match(refused.stderr, /is retired/)

  const last = await startServer(t, { env: onlyNew })
  const fresh = await signIn(last)
  for (const { id, value } of own.filter((_, n) => n % 5 === 0)) {
    const found = await readValue(last, fresh, id)
    if (found !== value) t.fail(`${id}: ${found}`)
  }
  const stored = new Map((await client.query('SELECT id, sealed_value FROM variables')).rows
    .map(({ id, sealed_value: sealed }) => [id, sealed]))
  const changed = rows.filter(row =>
    openStored(NEW, stored.get(row.id)) !== `${variableContext(row)}\n${row.value}`)
  t.equal(changed.length, 0, 'every value is as before, the old key gone')
})

t.test('a lost database ends the rotation with a message, and the next run continues', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  await (await startServer(t, { env: settings(url, OLD) })).stop()
  const { client, count } = await connect(t, url)
  await seedSecrets(client, OLD, { accounts: 1, perAccount: 4000 })

  const cut = startCli(t, ['secrets', 'rotate'], settings(url, NEW, OLD))
  while (await count(OLD) === 4000) await sleep(20)
  await client.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`)
  const { code, stderr } = await cut.ended
  t.equal(code, 1)
  t.match(stderr, /database: it became unavailable[^]*Completed steps are kept/)
  const left = await count(OLD)
  t.ok(left > 0 && left < 4000, `${left} of 4000 left`)

  const again = await runCli(t, ['secrets', 'rotate', '--json'], settings(url, NEW, OLD))
  t.equal(again.code, 0, again.stderr)
  t.match(JSON.parse(again.stdout), { rotated: left, remaining: 0 })
})
