import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { needsContainers, startContainer } from '../helpers/containers.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { send, signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const limits = { ...needsContainers, timeout: 240_000 }
const serverLimits = { ...limits, ...needsPostgres }
/** A second on an idle machine; container engines kill after ten. */
const PROMPT_MS = 3000
/** An account without an entry in /etc/passwd, as OpenShift assigns to each project. */
const ACCOUNT = 1_000_630_000

/** A folder outside of /tmp, which is removed after the test. */
function makeVolume (t: Test): string {
  const folder = mkdtempSync('/var/tmp/flowgate-test-')
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('a signal ends process 1 immediately at every stage of the boot', serverLimits, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const volume = makeVolume(t)
  const away = { LANGFLOW_DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' }
  const cases: Array<[string, Record<string, string>, string[], NodeJS.Signals, number]> = [
    ['a first start on the embedded database', { LANGFLOW_CONFIG_DIR: join(volume, 'a') }, ['run'], 'SIGTERM', 400],
    ['a database that does not answer', away, ['run'], 'SIGTERM', 1500],
    ['the same, interrupted', away, ['run'], 'SIGINT', 1000],
    ['migrations', { LANGFLOW_DATABASE_URL: url }, ['run'], 'SIGTERM', 500],
    ['hashing', {
      LANGFLOW_DATABASE_URL: url, LANGFLOW_PASSWORD_MEMORY_KIB: '65536', LANGFLOW_PASSWORD_ITERATIONS: '4'
    }, ['run'], 'SIGTERM', 2500],
    ['a Redis that does not answer', {
      LANGFLOW_DATABASE_URL: url, LANGFLOW_RATE_LIMIT_ENABLED: 'true',
      LANGFLOW_RATE_LIMIT_STORAGE_URI: `redis://127.0.0.1:${await freePort()}`
    }, ['run'], 'SIGTERM', 2500],
    ['another command', away, ['migrate', 'status'], 'SIGTERM', 1000]
  ]
  for (const [name, env, args, signal, afterMs] of cases) {
    const container = startContainer(t, ['--', cli, ...args], { ...serverEnv, ...env })
    await sleep(afterMs)
    const since = Date.now()
    container.signal(signal)
    const code = await container.exit
    // 0 if the boot had already finished.
    t.ok([signal === 'SIGTERM' ? 143 : 130, 0].includes(code ?? -1), `${name}: exit code ${code}`)
    t.ok(Date.now() - since < PROMPT_MS, `${name}: ${Date.now() - since} ms`)
    t.notMatch(container.output.stderr, /\n\s+at /, 'no stack')
  }
})

t.test('an interrupted boot leaves no lock of the embedded database: the next container starts', limits, async t => {
  const volume = makeVolume(t)
  const env = { ...serverEnv, LANGFLOW_CONFIG_DIR: join(volume, 'home') }
  const first = startContainer(t, ['--', cli, 'run'], env)
  while (!existsSync(join(volume, 'home', 'database.lock')) && first.child.exitCode === null) await sleep(5)
  await sleep(100)
  first.signal('SIGTERM')
  t.equal(await first.exit, 143)
  t.notOk(existsSync(join(volume, 'home', 'database.lock')))
  const since = Date.now()
  const second = startContainer(t, ['--', cli, 'run'], env)
  await second.prints('"url":')
  t.ok(Date.now() - since < 15_000, `${Date.now() - since} ms`)
  second.signal('SIGHUP')
  await second.prints('nothing to reload')
  second.signal('SIGTERM')
  t.equal(await second.exit, 0, 'and one that serves ends in order')
})

t.test('a volume of another owner is used if the group may write it, and its files are private', limits, async t => {
  const volume = makeVolume(t)
  const home = join(volume, 'home')
  mkdirSync(home)
  chownSync(home, 0, 4242)
  chmodSync(home, 0o2770)
  const { url, stop, logs } = await startAs(t, {
    gid: 4242, env: { LANGFLOW_CONFIG_DIR: home, LANGFLOW_SECRET_KEY: '' }
  })
  t.match(logs(), /other users can list LANGFLOW_CONFIG_DIR/)
  await signIn(url)
  for (const name of readdirSync(home)) {
    t.equal(statSync(join(home, name)).mode & 0o077, 0, name)
  }
  t.equal(statSync(home).uid, 0, 'it is still the folder of its owner')
  t.equal(statSync(join(home, 'secret_key')).mode & 0o777, 0o600)
  t.equal(await stop(), 0)
})

/** Starts a server as an unprivileged account. The checkout may be in a folder that only root can read. */
async function startAs (
  t: Test, { gid, env, prepare = '' }: { gid: number, env: Record<string, string>, prepare?: string }
) {
  const script = `set -e
mount --make-rprivate /
mount --bind ${root} /mnt
mount --bind ${dirname(process.execPath)} /srv
${prepare}
cd /
exec setpriv --reuid ${ACCOUNT} --regid ${gid} --clear-groups --bounding-set=-all /srv/node -- /mnt/dist/cli.js run`
  const folder = makeVolume(t)
  writeFileSync(join(folder, 'start.sh'), script)
  const port = await freePort()
  const flags = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child']
  const settings = { ...serverEnv, LANGFLOW_PORT: String(port), ...env }
  const child = spawn('unshare', [...flags, 'sh', join(folder, 'start.sh')], {
    env: { PATH: process.env['PATH'], ...settings }, cwd: '/'
  })
  let output = ''
  child.stdout.on('data', chunk => { output += chunk })
  child.stderr.on('data', chunk => { output += chunk })
  const exit = new Promise<number | null>(resolve => child.on('close', resolve))
  t.teardown(() => { child.kill('SIGKILL'); return exit })
  while (!output.includes('"url":')) {
    if (child.exitCode !== null) throw new Error(output)
    await sleep(20)
  }
  const stop = () => {
    process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()), 'SIGTERM')
    return exit
  }
  return { url: `http://127.0.0.1:${port}`, stop, logs: () => output }
}

t.test('a read-only root without /tmp, for an account without a name, home or rights', serverLimits, async t => {
  const readOnly = (writable: string) => `
mount -t tmpfs -o size=64k,mode=000 none /tmp
${writable === '' ? '' : `mount --bind ${writable} ${writable}`}
mount -o remount,bind,ro /
mount -o remount,bind,ro /mnt`
  const volume = makeVolume(t)
  chownSync(volume, ACCOUNT, 0)
  const embedded = await startAs(t, {
    gid: 0, env: { LANGFLOW_CONFIG_DIR: join(volume, 'home') }, prepare: readOnly(volume)
  })
  await signIn(embedded.url)
  t.equal(await embedded.stop(), 0, 'the embedded database on a volume')

  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const server = await startAs(t, { gid: 0, env: { LANGFLOW_DATABASE_URL: database }, prepare: readOnly('') })
  await signIn(server.url)
  t.equal((await send(server.url, '/version')).status, 200)
  t.equal(await server.stop(), 0, 'PostgreSQL and a key: nothing is written')
})

t.test('a disk that is full at the first start is named, and with free space the start succeeds', limits, async t => {
  const volume = makeVolume(t)
  const start = (megabytes: number) => spawnSync('unshare', ['--mount', 'sh', '-c', `mount --make-rprivate /
mount -t tmpfs -o size=${megabytes}m none ${volume}
exec ${process.execPath} -- ${cli} migrate deploy`], {
    encoding: 'utf8', env: { ...serverEnv, LANGFLOW_CONFIG_DIR: volume }
  })
  const full = start(8)
  t.equal(full.status, 78, full.stderr)
  t.match(full.stderr, /LANGFLOW_CONFIG_DIR: .* cannot be written: the file system reported ENOSPC\n.*Free space/)
  t.match(start(200), { status: 0, stdout: /^Applied: / })
})

/** The folder in which this process may create a memory cgroup (version 1 or 2). */
function memoryGroup (t: Test, bytes: number): string | undefined {
  const [parent, file] = existsSync('/sys/fs/cgroup/memory')
    ? ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes']
    : ['/sys/fs/cgroup', 'memory.max']
  const group = join(parent, `flowgate-${process.pid}`)
  try {
    mkdirSync(group)
    t.teardown(() => { spawnSync('rmdir', [group]) })
    writeFileSync(join(group, file), String(bytes))
    return group
  } catch {
    return undefined
  }
}

t.test('256 MiB of memory are enough for sign-ins in parallel', { timeout: 240_000 }, async t => {
  const group = memoryGroup(t, 256 * 2 ** 20)
  if (!group) {
    t.fail('a memory limit was not tested', { skip: 'no right to make a memory cgroup' })
    return
  }
  const server = await startServer(t, {
    env: { LANGFLOW_PASSWORD_MEMORY_KIB: '19456', LANGFLOW_PASSWORD_ITERATIONS: '2' }
  })
  writeFileSync(join(group, 'cgroup.procs'), String(server.child.pid))
  await Promise.all(Array.from({ length: 30 }, () => signIn(server.url)))
  t.equal(await server.stop(), 0)
})
