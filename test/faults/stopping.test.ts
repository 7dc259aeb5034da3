import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { startPostgres } from '../../scripts/postgres.mjs'
import { keepBooks } from '../helpers/faults.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { movingPort } from '../helpers/moving-port.ts'
import { startServer } from '../helpers/server.ts'
import { startWriters, writtenNames } from '../helpers/writers.ts'

const limits = { timeout: 120_000 }

const expectAllThere = keepBooks(t)

/** A small disk; undefined without the privilege to mount one. */
function mountSmallDisk (t: Test, megabytes: number) {
  const folder = temporaryFolder(t)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  if (status !== 0) return undefined
  t.teardown(() => { spawnSync('umount', ['-l', folder]) })
  return folder
}

t.test('a full disk under the embedded database fails requests and loses no writes', limits, async t => {
  const disk = mountSmallDisk(t, 160)
  if (!disk) {
    console.error('a full disk was not tested: it takes the right to mount a tmpfs')
    t.fail('a small disk cannot be mounted here', { skip: 'no right to mount a tmpfs' })
    return
  }
  const env = { LANGFLOW_CONFIG_DIR: join(disk, 'home') }
  const server = await startServer(t, { env })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 20_000 })
  await writers.reached(200)
  const { bavail, bsize } = statfsSync(disk)
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 256 * 1024)))
  for (let waited = 0; waited < 20_000 && Object.keys(writers.statuses).length < 2; waited += 50) await sleep(50)
  await sleep(500)
  await writers.stop()
  t.ok(Object.keys(writers.statuses).length > 1, `it was full: ${JSON.stringify(writers.statuses)}`)
  rmSync(ballast)
  server.child.kill('SIGKILL')
  await server.exit
  const again = await startServer(t, { env })
  await expectAllThere(t, again.url, bearer(await signIn(again.url)), writers.acknowledged)
  t.equal(await again.stop(), 0)
})

t.test('a server that stops under load completes accepted requests within the grace period', {
  ...limits, ...needsPostgres
}, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: database }
  const server = await startServer(t, { env })
  const headers = bearer(await signIn(server.url))
  const writers = startWriters(server.url, headers, { most: 5000, atOnce: 16 })
  await writers.reached(300)
  const since = Date.now()
  t.equal(await server.stop(), 0)
  t.ok(Date.now() - since < 10_000, `it ended after ${Date.now() - since} ms`)
  await writers.stop()
  const again = await startServer(t, { env })
  await expectAllThere(t, again.url, headers, writers.acknowledged)
  t.equal((await writtenNames(again.url, headers)).length, writers.acknowledged.length,
    'whatever it did, it also said so: no request was cut')

  again.child.kill('SIGTERM')
  again.child.kill('SIGTERM')
  const code = await again.exit
  t.ok(code === 0 || code === 1, `told twice it ends at once, with ${code}`)
})

/** A server with PostgreSQL behind a proxy, and a function that makes the database unresponsive. */
async function behindProxy (t: Test, graceSeconds: number) {
  const postgres = await startPostgres()
  if (!postgres) throw new Error('a server is there, and its programs are not')
  t.teardown(() => postgres.stop())
  const { port, freeze } = await movingPort(t, postgres.port)
  const server = await startServer(t, {
    env: {
      LANGFLOW_DATABASE_URL: `postgresql://flowgate@127.0.0.1:${port}/postgres`,
      LANGFLOW_SHUTDOWN_GRACE_SECONDS: String(graceSeconds)
    }
  })
  const headers = bearer(await signIn(server.url))
  const key = (await send(server.url, '/api_key/', { method: 'POST', body: {}, headers })).json.api_key
  const use = () => send(server.url, '/users/whoami', { headers: { 'x-api-key': key } })
    .then(({ status }) => status, () => 0)
  t.equal(await use(), 200)
  /**
   * Starts a transaction, whose connection stays in use while the database is unresponsive.
   * @returns the status of its response
   */
  const change = () => send(server.url, '/flows/', {
    method: 'DELETE', body: ['00000000-0000-4000-8000-000000000000'], headers
  }).then(({ status }) => status, () => 0)
  /** Stops the server. @returns its exit code and the time it took in ms */
  const stop = async () => {
    const since = Date.now()
    return { code: await server.stop(), ms: Date.now() - since, last: server.logs().trim().split('\n').at(-1) ?? '' }
  }
  return { postgres, freeze, server, use, change, stop }
}

for (const [name, graceSeconds, hang] of [
  ['whose connections are half open', 60, ({ freeze }) => freeze()],
  ['that is stopped, and takes new connections', 60, ({ postgres }) => postgres.pause()],
  ['that hangs for longer than the grace', 4, ({ postgres }) => postgres.pause()]
] as Array<[string, number, (parts: Awaited<ReturnType<typeof behindProxy>>) => void]>) {
  t.test(`a database ${name} does not hold up the end`, { ...limits, ...needsPostgres }, async t => {
    const parts = await behindProxy(t, graceSeconds)
    hang(parts)
    const statuses = await Promise.all([parts.change(), parts.change(), parts.use()])
    t.ok(statuses.every(status => status === 200 || status === 503), `all are answered: ${statuses.join(' ')}`)
    const { code, ms, last } = await parts.stop()
    parts.postgres.resume()
    t.ok(ms < 7000, `it ended after ${ms} ms with ${code}: ${last}`)
    t.notMatch(parts.server.logs(), /requests in flight/, 'none was in flight')
    if (code !== 0) t.match(last, /"level":50.*waited for the (database|connections of the database)/)
  })
}

t.test('requests that outlast the grace period are reported as the cause', { ...limits, ...needsPostgres }, async t => {
  const { postgres, use, stop } = await behindProxy(t, 1)
  await sleep(1100) // the cache entry of the key has expired
  postgres.pause()
  const asking = use()
  await sleep(200)
  const { code, ms, last } = await stop()
  postgres.resume()
  t.equal(code, 1)
  t.ok(ms < 2500, `after ${ms} ms`)
  t.match(last, /"level":50.*gave up after 1 s: waited for requests in flight/)
  t.equal(await asking, 0, 'it was cut')
})
