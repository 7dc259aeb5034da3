import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { keepBooks } from '../helpers/faults.ts'
import { bearer, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'
import { startWriters, writtenNames } from '../helpers/writers.ts'

const limits = { timeout: 120_000 }

const expectAllThere = keepBooks(t)

/** A small disk of the test's own; undefined where one may not make one. */
function mountSmallDisk (t: Test, megabytes: number) {
  const folder = temporaryFolder(t)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  if (status !== 0) return undefined
  t.teardown(() => { spawnSync('umount', ['-l', folder]) })
  return folder
}

t.test('a full disk under the embedded database costs answers, not writes', limits, async t => {
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

t.test('a server that is told to stop under load answers what it took, within its time', {
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
