import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

const limits = { timeout: 240_000 }

const login = async (url: string, password: string) => (await fetch(`${url}/api/v1/login`, {
  method: 'POST', body: new URLSearchParams({ username: ADMIN.username, password })
})).status

/** A server on the embedded database, and commands with its settings. */
async function embedded (t: Test, more: Record<string, string> = {}) {
  const home = join(temporaryFolder(t), 'home')
  const env = { ...serverEnv, ...more, LANGFLOW_CONFIG_DIR: home }
  const server = await startServer(t, { env })
  const run = (args: string[], input = '') => runCli(t, args, env, { input })
  return { home, env, server, run }
}

t.test('commands print the same while the embedded server runs and while it is stopped', limits, async t => {
  const { server, run } = await embedded(t)
  const secret = `${PASSWORD}\n`
  t.match(await run(['users', 'create', 'ada', '--active'], secret), {
    code: 0, stdout: 'Created the account "ada". It is active.\n', stderr: /"event":"user_created","via":"command"/
  })
  const key = await run(['api-key', 'create', 'ada', '--name', 'nightly', '--expires', '2099-01-31'])
  t.match(key, { code: 0, stdout: /^sk-\w{43}\n$/ })
  const whoami = await fetch(`${server.url}/api/v1/users/whoami`, { headers: { 'x-api-key': key.stdout.trim() } })
  t.match(await whoami.json(), { username: 'ada' })

  const commands: Array<[string[], string?]> = [
    [['users', 'list']], [['users', 'list', '--json']], [['users', 'list', '--search', 'nobody']],
    [['users', 'activate', 'ada']], [['users', 'activate', 'nobody']], [['users', 'create', 'ada'], secret],
    [['users', 'deactivate', ADMIN.username]], [['users', 'delete', 'ada']], [['api-key', 'list', 'ada']],
    [['superuser', 'unlock', 'ada']], [['superuser', 'reset-password', 'ada'], 'short'],
    [['secrets', 'status']], [['secrets', 'status', '--json']], [['secrets', 'rotate']], [['secrets', 'forget', 'x']],
    [['signing-keys', 'list']], [['signing-keys', 'list', '--json']], [['signing-keys', 'rotate']],
    [['signing-keys', 'rotate', '--withdraw']], [['migrate', 'status']], [['migrate', 'deploy', '--json']], [['doctor']]
  ]
  /** Without what differs from one run to the next. */
  const shape = ({ code, stdout, stderr }: { code: number | null, stdout: string, stderr: string }) => ({
    code,
    text: (stdout + stderr).replace(/"time":\d+,"pid":\d+/g, '').replace(/\d+\.\d m?s/g, '').replace(/\(\d+\/s\)/g, '')
      .replace(/"(last_used|updated)_at": .*|\d{4}-\d\d-\d\d +[\da-f-]{36}|never +[\da-f-]{36}/g, '')
  })
  const results = async () => {
    const all = []
    for (const [args, input] of commands) all.push([args.join(' '), shape(await run(args, input))])
    return all
  }
  const whileRunning = await results()
  t.notMatch(server.logs(), PASSWORD)
  t.match(server.logs(), /"operation":"listUsers","msg":"command executed"/)
  t.equal(await server.stop(), 0)
  t.strictSame(whileRunning, await results())
})

t.test('an administrator who is locked out is unlocked at once, and a reset ends the sessions', limits, async t => {
  const { server: { url }, run } = await embedded(t, { LANGFLOW_RATE_LIMIT_ENABLED: 'true' })
  const { access_token: token } = await signIn(url)
  for (let n = 0; n < 6; n++) await login(url, `wrong ${n}`)
  t.equal(await login(url, ADMIN.password), 429)
  t.match(await run(['superuser', 'unlock', ADMIN.username]), { code: 0, stderr: /"event":"unlocked"/ })
  t.equal(await login(url, ADMIN.password), 200)

  t.match(await run(['superuser', 'reset-password', ADMIN.username], 'set by the operator'), { code: 0 })
  const whoami = await fetch(`${url}/api/v1/users/whoami`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(whoami.status, 401, 'the server forgets what it remembered of the account')
  t.equal(await login(url, 'set by the operator'), 200)
})

t.test('passwords are asked for on the terminal of the caller, and tables fit it', limits, async t => {
  const { env, server } = await embedded(t)
  const answers = [`${PASSWORD}\r`, `${PASSWORD}\r`]
  const created = await runOnTerminal(t, ['users', 'create', 'ada', '--active'], { env, answers })
  t.match(created, { code: 0, screen: /Password: \r?\n.*Confirm password: \r?\n[^]*Created the account "ada"/ })
  t.notMatch(created.screen + server.logs(), PASSWORD)
  t.match(await runOnTerminal(t, ['users', 'create', 'bob'], { env, answers: ['\u0003'] }), {
    code: 2, screen: /no password was entered/
  }, 'Ctrl-C')

  const longName = 'a-name-that-takes-more-room-than-there-is-in-the-table'
  await runCli(t, ['users', 'create', longName, '--active'], env, { input: PASSWORD })
  const { screen } = await runOnTerminal(t, ['users', 'list'], { env, columns: 90 })
  t.match(screen, /^ada +active +user +.+ [\da-f-]{36}\r$/m)
  for (const line of screen.split('\r\n')) t.ok(line.length <= 90, line)
  const names = screen.split('\r\n').map(line => line.split(/ {2,}/)[0]).join('')
  t.match(names, longName, 'the name continues on the next lines')
  t.match((await runOnTerminal(t, ['doctor'], { env })).screen, '\u001b[32mOK', 'with colour')
})

t.test('the socket is only for the account of the server, and a killed server leaves no obstacle', limits, async t => {
  const { home, env, server, run } = await embedded(t)
  const socket = join(home, 'control.sock')
  t.equal(statSync(socket).mode & 0o777, 0o600)
  if (process.getuid?.() === 0) {
    for (const folder of [join(home, '..'), home]) chmodSync(folder, 0o755)
    const script = `require('net').connect(${JSON.stringify(socket)}).on('connect', () => console.log('connected'))
      .on('error', error => console.log(error.code))`
    const nobody = { uid: 65534, gid: 65534 }
    const { stdout } = spawnSync(process.execPath, ['-e', script], { ...nobody, encoding: 'utf8', cwd: '/' })
    t.equal(stdout, 'EACCES\n')
  }
  const other = await embedded(t)
  t.match(await other.run(['users', 'list']), { code: 0 }, 'two servers have two sockets')

  const foreign = await runCli(t, ['users', 'list'], { ...env, LANGFLOW_SECRET_KEY: generateSecretKey() })
  t.match(foreign, { code: 78, stderr: /LANGFLOW_SECRET_KEY: the running server was started with \w{10}, but this/ })

  await server.stop('SIGKILL')
  t.ok(existsSync(socket))
  t.match(await run(['users', 'list']), { code: 0, stdout: /1 of 1/ }, 'the command opens the database itself')
  const next = await startServer(t, { env })
  t.match(await run(['users', 'list']), { code: 0, stdout: /1 of 1/ })
  t.equal(await next.stop(), 0)
  t.notOk(existsSync(socket))
})
