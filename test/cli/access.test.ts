import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { appsEnv, writeRules } from '../helpers/apps.ts'
import { type Env, runCli, temporaryFolder } from '../helpers/cli.ts'
import { serverEnv, startServer } from '../helpers/server.ts'

const RULES = `
rules:
  - hosts: app.example.test
    paths: [/health, /public/*]
    methods: GET
    allow: anyone
  - hosts: [app.example.test, "*.app.example.test:8443"]
    allow: { accounts: [ada] }
    audience: langflow
  - hosts: admin.example.test
    allow: superusers
`

/** Settings without which nothing of the environment matters. */
const settings = (path: string): Env => ({ ...serverEnv, ...appsEnv(path) })

const check = (t: Test, args: string[], env: Env, cwd?: string) => runCli(t, ['access', 'check', ...args], env, { cwd })

t.test('the file is checked and its rules are listed', async t => {
  const path = writeRules(t, RULES)
  const { code, stdout, stderr } = await check(t, [], settings(path))
  t.strictSame([code, stderr], [0, ''])
  t.match(stdout, /^ *LINE +HOSTS +PATHS +METHODS +ALLOW +AUDIENCE/m)
  t.match(stdout, /3 .*app\.example\.test.* \/health, \/public\/\* .*GET.*anyone/)
  t.match(stdout, /10 .*admin\.example\.test.* superusers/)
  t.match(stdout, `${path} is valid`)

  const json = JSON.parse((await check(t, ['--json'], settings(path))).stdout)
  t.match(json, {
    file: path,
    rules: [
      { line: 3, hosts: ['app.example.test'], paths: ['/health', '/public/*'], methods: ['GET'], allow: 'anyone' },
      { line: 7, hosts: ['app.example.test', '*.app.example.test:8443'], audience: 'langflow' },
      { line: 10, hosts: ['admin.example.test'], allow: 'superusers' }
    ]
  })
})

t.test('all mistakes of a file are shown with their place, and the exit code is 78', async t => {
  const path = writeRules(t, 'rules:\n  - hosts: "http://a"\n    allow: nobody\n  - allow: anyone\n')
  const { code, stdout, stderr } = await check(t, [], settings(path))
  t.strictSame([code, stdout], [78, ''])
  for (const place of ['2:12', '3:12', '4:5']) t.match(stderr, `${path}:${place}`)
  const request = await check(t, ['GET', 'https://app.example.test/'], settings(path))
  t.equal(request.code, 78, 'nothing is explained by a file with mistakes')
})

t.test('without a file the command says which setting is missing', async t => {
  const { code, stderr } = await check(t, [], serverEnv)
  t.equal(code, 1)
  t.match(stderr, /LANGFLOW_ACCESS_RULES_FILE/)
})

t.test('a decision is explained, and the exit code says whether the request may pass', async t => {
  const cwd = temporaryFolder(t)
  const path = writeRules(t, RULES)
  const env = settings(path)
  await startServer(t, { env, cwd })
  const password = 'a long pass phrase'
  const made = await runCli(t, ['users', 'create', 'ada', '--active'], env, { cwd, input: `${password}\n` })
  t.equal(made.code, 0, made.stderr)
  const url = 'https://app.example.test'
  for (const [args, code, text] of [
    [['GET', `${url}/health`], 0, /^Allowed: GET .*\/health without a credential\nThe rule at .*:3 decides/],
    [['get', `${url}/health`], 0, /^Allowed: GET/],
    [['POST', `${url}/health`], 1, /^Sign-in required: .*\nThe rule at .*:7 decides/],
    [['GET', `${url}/flows`, '--as', 'ada'], 0, /^Allowed: .* as ada\n.*:7 decides.\nThe app receives an identity token/],
    [['GET', `${url}/flows`, '--as', ADMIN.username], 1, /^Refused: [^]*account/],
    [['GET', 'https://admin.example.test/', '--as', 'ada'], 1, /^Refused: [^]*:10 decides/],
    [['GET', 'https://admin.example.test/', '--as', ADMIN.username], 0, /^Allowed/],
    [['GET', 'https://other.example.test/', '--as', 'ada'], 1, /^Refused: [^]*rule/],
    [['GET', `${url}/public/%2e%2e/flows`], 1, /^Sign-in required: /]
  ] as Array<[string[], number, RegExp]>) {
    const { code: ended, stdout, stderr } = await check(t, args, env, cwd)
    t.match(stdout, text, args.join(' '))
    t.strictSame([ended, stderr], [code, ''], args.join(' '))
  }
  const json = JSON.parse((await check(t, ['GET', `${url}/flows`, '--as', 'ada', '--json'], env, cwd)).stdout)
  t.match(json, { method: 'GET', url: `${url}/flows`, account: 'ada', decision: 'allowed', lines: [7], audience: 'langflow' })
})

t.test('wrong usage ends with 2, and an unknown account with 1', async t => {
  const env = settings(writeRules(t, RULES))
  const cwd = temporaryFolder(t)
  await startServer(t, { env, cwd })
  for (const [args, code, text] of [
    [['GET'], 2, /URL/],
    [['GET', 'app.example.test/'], 2, /URL/],
    [['GET', 'ftp://app.example.test/'], 2, /URL/],
    [['G T', 'https://app.example.test/'], 2, /method/],
    [['--as', 'ada'], 2, /--as needs a method and a URL/],
    [['GET', 'https://app.example.test/', '--as', 'missing'], 1, /User not found/]
  ] as Array<[string[], number, RegExp]>) {
    const { code: ended, stderr } = await check(t, args, env, cwd)
    t.equal(ended, code, args.join(' '))
    t.match(stderr, text, args.join(' '))
  }
})

t.test('doctor checks the rules, the reach of the cookies and rules that no account satisfies', async t => {
  const path = writeRules(t, RULES)
  const doctor = async (env: Env) => {
    const { stdout } = await runCli(t, ['doctor', '--json'], env)
    type Finding = { level: string, subject: string, says: string, fix?: string }
    const { findings }: { findings: Finding[] } = JSON.parse(stdout)
    return findings.filter(({ subject }) => subject === 'apps' || subject.startsWith(path))
  }
  t.match(await doctor(settings(path)), [{ level: 'ok', says: /3 access rules for 3 hosts/ }])
  t.match(await doctor({ ...settings(path), LANGFLOW_COOKIE_DOMAIN: undefined }), [
    { level: 'ok' }, { level: 'warn', says: /do not send the session cookie to app\.example\.test/, fix: /LANGFLOW_COOKIE_DOMAIN/ }
  ])
  writeFileSync(path, 'rules:\n  - hosts: app.example.test\n    allow: { second_factor: true }\n')
  t.match(await doctor(settings(path)), [{ level: 'ok' }, { level: 'warn', says: /:2 requires a second factor/, fix: /Remove/ }])
  writeFileSync(path, 'rules: 1')
  t.match(await doctor(settings(path)), [{ level: 'fail', subject: `${path}:1:8` }])
})

t.test('the server refuses to start with mistakes in the file, and reads it again on SIGHUP', async t => {
  const path = writeRules(t, 'rules:\n  - hosts: app.example.test\n    allow: nobody\n')
  const broken = await runCli(t, ['run'], settings(path))
  t.equal(broken.code, 78)
  t.match(broken.stderr, `${path}:3:12`)

  writeFileSync(path, 'rules:\n  - hosts: app.example.test\n    allow: anyone\n')
  const { url, child, logs } = await startServer(t, { env: appsEnv(path) })
  const status = async () => (await fetch(`${url}/api/v1/verify/nginx`, {
    headers: {
      'x-forwarded-method': 'GET', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.test',
      'x-forwarded-uri': '/', 'x-forwarded-for': '203.0.113.7'
    }
  })).status
  const hangUp = async (text: string, said: string) => {
    const times = () => logs().split(said).length
    const before = times()
    const next = join(path, '..', 'next.yaml')
    writeFileSync(next, text)
    renameSync(next, path)
    child.kill('SIGHUP')
    for (let tries = 0; tries < 200 && times() === before; tries++) await sleep(20)
    t.not(times(), before, said)
  }
  t.equal(await status(), 200)
  await hangUp('rules:\n  - hosts: app.example.test\n    allow: nobody\n', 'failed to reload the access rules')
  t.equal(await status(), 200, 'the rules in use stay in use')
  t.match(logs(), `${path}:3:12`)
  await hangUp('rules:\n  - hosts: app.example.test\n    allow: signed-in\n', 'access rules reloaded')
  t.equal(await status(), 401)
})
