import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { launchServer, serverEnv, startServer } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

const levelsOf = (log: string) => [...log.matchAll(/"level":(\d+)/g)].map(([, level]) => Number(level))

t.test('eight processes that start together on an empty PostgreSQL create one superuser and log no error',
  needsPostgres, async t => {
    const { url, drop } = await createPostgres()
    t.teardown(drop)
    const env = { LANGFLOW_DATABASE_URL: url, LANGFLOW_DATABASE_POOL_SIZE: '3' }
    const servers = Array.from({ length: 8 }, () => launchServer(t, { env }))
    const urls = await Promise.all(servers.map(({ ready }) => ready))
    t.equal(new Set(urls).size, 8)
    for (const address of urls) t.equal((await fetch(`${address}/health`)).status, 200)
    const made = servers.filter(({ logs }) => logs().includes('superuser created'))
    t.equal(made.length, 1)
    for (const { logs } of servers) t.ok(levelsOf(logs()).every(level => level < 40), 'no warning, no error')

    const body = new URLSearchParams({ username: 'administrator', password: 'correct horse battery' })
    const tokens = await (await fetch(`${urls[0]}/api/v1/login`, { method: 'POST', body })).json() as // the format of the contract
      { access_token: string }
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    for (const address of urls) {
      const list = await fetch(`${address}/api/v1/users/`, { headers })
      t.match(await list.json(), { total_count: 1 }, 'a token of one replica is valid on every other')
    }
    t.strictSame(await Promise.all(servers.map(({ stop }) => stop())), Array(8).fill(0), 'all exit with 0')
  })

t.test('a replica with another secret key refuses to start and names both fingerprints', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: url }
  const first = await startServer(t, { env })
  const [, expected = ''] = /"keyId":"(\w+)"/.exec(first.logs()) ?? []
  const other = generateSecretKey()
  const second = launchServer(t, { env: { ...env, LANGFLOW_SECRET_KEY: other } })
  t.equal(await second.exit, 78)
  t.match(second.logs(), expected)
  t.match(second.logs(), /LANGFLOW_SECRET_KEY: this database is encrypted with key \w{10}, but the configured key is \w{10}/)
  t.match(second.logs(), /LANGFLOW_SECRET_KEY_PREVIOUS/)
  t.notMatch(second.logs(), other)
})

t.test('a second process on the embedded database is refused, and a killed one does not block the next', async t => {
  const cwd = temporaryFolder(t)
  const env = { LANGFLOW_CONFIG_DIR: join(cwd, 'home') }
  const first = await startServer(t, { env, cwd })
  t.equal(statSync(env.LANGFLOW_CONFIG_DIR).mode & 0o777, 0o700)
  const second = launchServer(t, { env, cwd })
  t.equal(await second.exit, 1)
  t.match(second.logs(), /another process has the embedded database open/)
  t.match(second.logs(), /LANGFLOW_DATABASE_URL/)
  await first.stop('SIGKILL')
  const third = await startServer(t, { env, cwd })
  t.equal((await fetch(`${third.url}/health`)).status, 200)
  t.equal(await third.stop(), 0)
})

t.test('a generated key is stored with mode 0600 and used again at the next start', async t => {
  const cwd = temporaryFolder(t)
  const env = { LANGFLOW_SECRET_KEY: undefined, LANGFLOW_CONFIG_DIR: join(cwd, 'home') }
  const first = await startServer(t, { env, cwd })
  t.match(first.logs(), /LANGFLOW_SECRET_KEY is not set: a secret key was generated/)
  const body = new URLSearchParams({ username: 'administrator', password: 'correct horse battery' })
  const login = await fetch(`${first.url}/api/v1/login`, { method: 'POST', body })
  const { access_token: token } = await login.json() as { access_token: string } // the format of the contract
  t.equal(statSync(join(env.LANGFLOW_CONFIG_DIR, 'secret_key')).mode & 0o777, 0o600)
  t.equal(await first.stop(), 0)
  const second = await startServer(t, { env, cwd })
  t.notMatch(second.logs(), /No LANGFLOW_SECRET_KEY/)
  const whoami = await fetch(`${second.url}/api/v1/users/whoami`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(whoami.status, 200, 'sessions remain valid')
})

t.test('six errors in a settings file are six messages and exit code 78', async t => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'bad.env'), [
    'LANGFLOW_AUTO_LOGIN=perhaps', 'LANGFLOW_PORT=eighty', 'LANGFLOW_SECRET_KEY=too-short-to-be-a-key',
    'LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS=0', 'LANGFLOW_CORS_ORIGINS=example.org', 'LANGFLOW_LOG_LEVEL=loud'
  ].join('\n'))
  const { code, stdout, stderr } = await runCli(t, ['run', '--env-file', 'bad.env'], {}, { cwd })
  t.equal(code, 78)
  t.equal(stdout, '')
  t.match(stderr, /^flowgate: 6 errors\n/)
  t.equal(stderr.split('\n').filter(line => line.includes('bad.env')).length + (stderr.match(/^LANGFLOW_SECRET_KEY:/m) ? 1 : 0) +
    (stderr.match(/^LANGFLOW_CORS_ORIGINS:/m) ? 1 : 0), 6)
  t.notMatch(stderr, 'too-short-to-be-a-key')
})

t.test('on a terminal the start ends with the addresses, the sign-in and how to stop', async t => {
  const folder = temporaryFolder(t)
  for (const [autoLogin, signIn] of [
    ['true', 'not required: every visitor is the superuser administrator (LANGFLOW_AUTO_LOGIN)'],
    ['false', 'required, e.g. as administrator']
  ] as const) {
    const env = { ...serverEnv, LANGFLOW_AUTO_LOGIN: autoLogin, LANGFLOW_CONFIG_DIR: join(folder, 'home') }
    const { code, screen } = await runOnTerminal(t, ['run'], { env, prompt: /Press Ctrl\+C/g, answers: ['\u0003'] })
    t.equal(code, 0, screen)
    const [, url = ''] = /Console +(http:\S+)/.exec(screen) ?? []
    t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    t.match(screen, new RegExp(`is running\\.[^]+API docs +${url}/docs\r\n`))
    t.match(screen, `Sign-in   ${signIn}`)
    t.notMatch(screen, '"level"')
  }
})

t.test('with a public URL, the start shows it and the listening address', async t => {
  const publicUrl = 'http://localhost:9000/flowgate'
  const env = {
    ...serverEnv, LANGFLOW_PUBLIC_URL: publicUrl, LANGFLOW_CONFIG_DIR: join(temporaryFolder(t), 'home')
  }
  const { code, screen } = await runOnTerminal(t, ['run'], { env, prompt: /Press Ctrl\+C/g, answers: ['\u0003'] })
  t.equal(code, 0, screen)
  t.match(screen, `  Console   ${publicUrl}\r\n  API docs  ${publicUrl}/docs\r\n  Listening http://127.0.0.1:`)
  const server = await startServer(t, { env })
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.match(server.logs(), `"publicUrl":"${publicUrl}"`)
  t.match(server.logs(), ` at ${publicUrl}, sign-in by password`)
})

t.test('a port in use, a missing file and an invalid option have their messages and exit codes', async t => {
  const server = await startServer(t)
  const { port } = new URL(server.url)
  const env = { LANGFLOW_CONFIG_DIR: join(temporaryFolder(t), 'home') }
  const taken = await runCli(t, ['run', '--port', port], env)
  t.equal(taken.code, 1)
  t.match(taken.stderr, `port ${port} on 127.0.0.1 is already in use`)
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  const unwritable = await runCli(t, ['run', '--port', '0'], { LANGFLOW_CONFIG_DIR: join(file, 'home') })
  t.equal(unwritable.code, 78)
  t.match(unwritable.stderr, /LANGFLOW_CONFIG_DIR: \/.* cannot be (created|used): .*\(E\w+\)/)
  const missing = await runCli(t, ['run', '--env-file', 'nowhere.env'])
  t.equal(missing.code, 78)
  t.match(missing.stderr, /nowhere\.env/)
  t.equal((await runCli(t, ['run', '--colour'])).code, 2)
  t.equal((await runCli(t, ['dance'])).code, 2)
  t.equal((await runCli(t, ['--help'])).code, 0)
  t.match((await runCli(t, ['run', '--help'])).stdout, /--env-file <file>/)
})

t.test('an unreachable database ends the start in time, and its password is not printed', async t => {
  const env = {
    LANGFLOW_DATABASE_URL: 'postgresql://flowgate:hush-hush@127.0.0.1:1/nothing', LANGFLOW_DATABASE_CONNECT_SECONDS: '1'
  }
  const { code, stderr } = await runCli(t, ['run'], { ...env, LANGFLOW_PORT: '0' })
  t.equal(code, 1)
  t.match(stderr, /PostgreSQL at 127\.0\.0\.1:1, database nothing, user flowgate: connection refused \(ECONNREFUSED\)/)
  t.notMatch(stderr, 'hush-hush')
})
