import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { type Identity, ownIdentity } from '../../src/db/embedded/identity.ts'
import { takeLock } from '../../src/db/embedded/lock.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { needsContainers, startContainer } from '../helpers/containers.ts'
import { keepBooks, rounds } from '../helpers/faults.ts'
import { bearer, signIn } from '../helpers/http.ts'
import { launchServer, serverEnv, startServer } from '../helpers/server.ts'
import { startWriters } from '../helpers/writers.ts'

const limits = { timeout: 120_000 }
const timings = { renewMs: 100, staleMs: 800, pollMs: 10, agreeMs: 3000 }
const [holder, cli] = ['../helpers/lock-holder.mjs', '../../dist/cli.js'].map(path =>
  fileURLToPath(new URL(path, import.meta.url))) as [string, string] // two paths for two files
const held = /another process has the embedded database open/

const expectAllThere = keepBooks(t)

const TOKEN = '0123456789abcdef'.repeat(2)
const lockFolder = (home: string) => join(home, 'database.lock')
const claimsIn = (home: string) => readdirSync(lockFolder(home)).map(name => join(lockFolder(home), name))

/** Writes a claim of another process. @returns its path */
function writeClaim (home: string, identity: Partial<Identity>, token = TOKEN) {
  mkdirSync(lockFolder(home), { recursive: true })
  const path = join(lockFolder(home), `${token}.json`)
  writeFileSync(path, JSON.stringify({ token, ...ownIdentity(), ...identity }))
  return path
}

const startTimeOf = (pid: number) => /.*\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ')[19]

/** Renews a claim until the test ends. */
function keepRenewed (t: Test, path: string) {
  const timer = setInterval(() => { const now = new Date(); utimesSync(path, now, now) }, 100)
  t.teardown(() => clearInterval(timer))
}

/** Opens and closes the database of a folder. @returns the time until the lock was acquired */
async function openOnce (home: string) {
  const since = performance.now()
  const { ready, close } = await openEmbedded(home, timings)
  const ms = performance.now() - since
  await ready
  await close()
  return ms
}

/** Identities whose state is unknown here, although their PIDs are those of this process. */
const unknown: Array<[string, Partial<Identity>]> = [
  ['the same process number in another container', { pidNamespace: 'pid:[1]' }],
  ['a machine of the same name', { bootId: '00000000-0000-4000-8000-000000000000' }],
  ['another machine', { bootId: '00000000-0000-4000-8000-000000000000', host: 'elsewhere', pid: 4_000_000 }],
  ['a system without /proc', { bootId: undefined, pidNamespace: undefined, startTime: undefined }]
]

t.test('a holder in another PID namespace keeps the lock as long as it renews its claim', limits, async t => {
  for (const [name, identity] of unknown) {
    const home = temporaryFolder(t)
    keepRenewed(t, writeClaim(home, identity))
    await t.rejects(openEmbedded(home, timings), { message: held, exitCode: 1 }, name)
  }
  const home = temporaryFolder(t)
  mkdirSync(lockFolder(home))
  const odd = join(lockFolder(home), `${TOKEN}.json`)
  writeFileSync(odd, '')
  keepRenewed(t, odd)
  await t.rejects(openEmbedded(home, timings), { message: held }, 'a claim that cannot be read is one')
})

t.test('a holder that stops renewing its claim is replaced', limits, async t => {
  for (const [name, identity] of unknown) {
    const home = temporaryFolder(t)
    writeClaim(home, identity)
    const ms = await openOnce(home)
    t.ok(ms >= timings.staleMs + 2 * timings.renewMs, `${name}: ${ms} ms`)
    t.notOk(readdirSync(home).includes('database.lock'), 'a clean end leaves no lock')
  }
  const home = temporaryFolder(t)
  const path = writeClaim(home, { pidNamespace: 'pid:[1]' })
  const opening = openOnce(home)
  await sleep(100)
  rmSync(path)
  t.ok(await opening < timings.staleMs, 'a holder that closes meanwhile is not waited for')
})

t.test('a holder that has certainly ended is replaced immediately', limits, async t => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const pid = child.pid ?? 0
  const startTime = startTimeOf(pid)
  const home = temporaryFolder(t)
  writeClaim(home, { pid, startTime })
  await t.rejects(openEmbedded(home, timings), { message: held }, 'it lives')
  child.kill('SIGSTOP')
  await t.rejects(openEmbedded(home, timings), { message: held }, 'stopped, it may go on at any time')
  child.kill('SIGKILL')
  await new Promise(resolve => child.on('exit', resolve))
  // The parent never reaps its child, which ends after the shell has become `sleep`, so it remains a zombie.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
  t.teardown(() => parent.kill('SIGKILL'))
  const zombie = Number(await new Promise(resolve => parent.stdout.once('data', resolve)))
  await sleep(800)
  const cases: Array<[string, Partial<Identity>]> = [
    ['its process has ended', { pid, startTime }],
    ['its process has ended, and its parent did not ask how', { pid: zombie, startTime: startTimeOf(zombie) }],
    ['its number was used again', { startTime: '1' }]
  ]
  for (const [name, identity] of cases) {
    const place = temporaryFolder(t)
    writeClaim(place, identity)
    const ms = await openOnce(place)
    t.ok(ms < timings.staleMs, `${name}: ${ms} ms`)
  }
})

t.test('a holder is recognized as running whatever the name of its program', limits, async t => {
  const program = join(temporaryFolder(t), 'a) Z (b')
  copyFileSync('/bin/sleep', program)
  const child = spawn(program, ['60'])
  t.teardown(() => child.kill('SIGKILL'))
  await sleep(100)
  const home = temporaryFolder(t)
  writeClaim(home, { pid: child.pid ?? 0, startTime: startTimeOf(child.pid ?? 0) })
  await t.rejects(openEmbedded(home, timings), { message: held })
})

t.test('if many processes take the lock at the same time, one gets it', limits, async t => {
  const folder = join(temporaryFolder(t), 'lock')
  for (let round = 0; round < rounds(6, 20); round++) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () =>
      takeLock(folder, { timings, onLost: () => {}, onWait: () => {} })))
    const locks = outcomes.flatMap(each => each.status === 'fulfilled' ? [each.value] : [])
    t.equal(locks.length, 1)
    for (const lock of locks) lock.release()
  }
  const home = temporaryFolder(t)
  writeClaim(home, { startTime: '1' })
  const env = { LANGFLOW_CONFIG_DIR: home }
  const servers = Array.from({ length: 5 }, () => launchServer(t, { env }))
  const refused = servers.map(({ exit, logs }) => exit.then(code => ({ code, logs: logs() })))
  const codes = await Promise.all(servers.map(({ ready, exit }) => ready.then(() => 'serves', () => exit)))
  t.strictSame(codes.sort(), [1, 1, 1, 1, 'serves'])
  for (const server of servers) if (server.child.exitCode === null) t.equal(await server.stop(), 0)
  for (const { code, logs } of await Promise.all(refused)) if (code !== 0) t.match(logs, held)
})

t.test('a holder whose claim is replaced or deleted exits without closing the database', limits, async t => {
  const losses: Array<[string, (path: string, home: string) => void]> = [
    ['another token', path => writeFileSync(path, readFileSync(path, 'utf8').replace(/"token":"\w+"/, `"token":"${TOKEN}"`))],
    ['an empty file', path => writeFileSync(path, '')],
    ['no file', path => rmSync(path)],
    ['no folder', (_, home) => rmSync(lockFolder(home), { recursive: true })]
  ]
  for (const [name, lose] of losses) {
    const home = temporaryFolder(t)
    const server = await startServer(t, { env: { LANGFLOW_CONFIG_DIR: home } })
    const headers = bearer(await signIn(server.url))
    const writers = startWriters(server.url, headers, { most: 5000, atOnce: 2 })
    await writers.reached(20)
    const [path = ''] = claimsIn(home)
    const since = Date.now()
    lose(path, home)
    t.equal(await server.exit, 1, name)
    t.ok(Date.now() - since < 4000, `${Date.now() - since} ms`)
    await writers.stop()
    t.match(server.logs(), /"level":60.*another process has taken the lock .* stops writing/)
    t.notMatch(server.logs(), /"closing/)
    rmSync(lockFolder(home), { recursive: true, force: true })
    const again = await startServer(t, { env: { LANGFLOW_CONFIG_DIR: home } })
    await expectAllThere(t, again.url, bearer(await signIn(again.url)), writers.acknowledged)
    await again.stop('SIGKILL')
  }
})

t.test('two containers with the same PID and host name do not share a database', {
  ...limits, ...needsContainers
}, async t => {
  const home = temporaryFolder(t)
  const env = { ...serverEnv, LANGFLOW_CONFIG_DIR: home }
  const first = startContainer(t, ['--', cli, 'run'], env)
  await first.prints('"url"')
  const url = /"url":"([^"]+)"/.exec(first.output.stdout)?.[1] ?? ''
  const headers = bearer(await signIn(url))
  const writers = startWriters(url, headers, { most: 5000, atOnce: 2 })
  const second = startContainer(t, ['--', cli, 'run'], env)
  t.equal(await second.exit, 1)
  t.match(second.output.stderr, held)
  t.match(second.output.stderr, /process 1 on host/)
  await writers.reached(20)
  await writers.stop()
  await expectAllThere(t, url, headers, writers.acknowledged)
})

t.test('a holder that lost the lock while paused writes nothing when it resumes', {
  ...limits, ...needsContainers
}, async t => {
  const home = temporaryFolder(t)
  const paused = startContainer(t, [holder, home, JSON.stringify(timings)], { HOLDER: 'paused' })
  await paused.prints('paused.20\n')
  paused.signal('SIGSTOP')
  const { pglite, ready, close } = await openEmbedded(home, timings)
  await ready
  const acknowledged = paused.output.stdout.trim().split('\n')
  const { rows } = await pglite.query<{ name: string }>('SELECT name FROM written')
  const names = new Set(rows.map(({ name }) => name))
  t.strictSame(acknowledged.filter(name => !names.has(name)), [], 'what it acknowledged is there')
  paused.signal('SIGCONT')
  t.equal(await paused.exit, 1)
  t.match(paused.output.stderr, /stops writing/)
  t.strictSame(paused.output.stdout.trim().split('\n'), acknowledged, 'and acknowledges nothing')
  await close()
})
