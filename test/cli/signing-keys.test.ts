import t from 'tap'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

const limits = { timeout: 240_000 }
const kid = /[\w-]{43}/

t.test('signing-keys explains its usage and creates nothing', async t => {
  for (const args of [['signing-keys'], ['signing-keys', 'nonsense'], ['signing-keys', 'list', '--withdraw']]) {
    t.equal((await runCli(t, args)).code, 2, args.join(' '))
  }
  t.match(await runCli(t, ['signing-keys', '--help']), { code: 0, stdout: /LANGFLOW_SIGNING_KEY_DAYS/ })
  t.match(await runCli(t, ['signing-keys', 'list']), { code: 1, stderr: /there is no installation in/ })
})

t.test('keys are listed, rotated and withdrawn, while the server runs and while it is stopped', limits, async t => {
  const env = {
    ...serverEnv,
    LANGFLOW_CONFIG_DIR: temporaryFolder(t),
    LANGFLOW_IDENTITY_AUDIENCES: 'reports',
    LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:7860'
  }
  const server = await startServer(t, { env })
  const run = (...args: string[]) => runCli(t, ['signing-keys', ...args], env)
  const published = async () => {
    const { keys } = await (await fetch(`${server.url}/.well-known/jwks.json`)).json() as { keys: object[] }
    return keys.length
  }

  const first = await run('list')
  t.match(first, { code: 0, stderr: '' })
  t.match(first.stdout, /^KEY +ALGORITHM +STATE +SIGNS FROM +SIGNS UNTIL +SOURCE\n[\w-]{43} +RS256 +active +\d{4}-/)
  t.equal(await published(), 1)

  const rotated = await run('rotate')
  t.match(rotated, {
    code: 0,
    stdout: /^Created the key [\w-]{43} \(RS256\), signs from \d{4}-\d\d-\d\d \d\d:\d\dZ\.\n$/,
    stderr: /"event":"signing_key_created","via":"command".*"reason":"command"/
  })
  await new Promise(resolve => setTimeout(resolve, 1100))
  t.equal(await published(), 2, 'the server publishes the next key')
  t.match(await run('rotate'), { code: 0, stdout: /^A next key exists already: / }, 'a repeated rotation changes nothing')
  const { keys } = JSON.parse((await run('list', '--json')).stdout)
  t.match(keys, [
    { kid, state: 'next', source: 'generated', retires_at: null },
    { kid, state: 'active', retires_at: keys[0].activates_at }
  ])

  t.match((await runCli(t, ['doctor'], env)).stdout, /signing key +[\w-]{43} signs with RS256 since \d{4}-/)
  t.match(await run('rotate', '--withdraw'), { code: 2, stderr: /confirm with --yes/ })
  const declined = await runOnTerminal(t, ['signing-keys', 'rotate', '--withdraw'], { env, answers: ['n\r'] })
  t.not(declined.code, 0)
  t.equal(await published(), 2)
  const withdrawn = await run('rotate', '--withdraw', '--yes')
  t.match(withdrawn, { code: 0, stdout: /^(Withdrew the key [\w-]{43}\.\n){2}Created the key / })
  await new Promise(resolve => setTimeout(resolve, 1100))
  t.equal(await published(), 1)
  t.equal(await server.stop(), 0)

  const stopped = await run('list', '--json')
  t.match(JSON.parse(stopped.stdout).keys, [{ state: 'active' }])
  const json = JSON.parse((await run('rotate', '--json')).stdout)
  t.match(json, { created: [{ kid, algorithm: 'RS256', state: 'next' }], waiting: [], withdrawn: [] })
  const texts = [first, rotated, withdrawn, stopped].flatMap(({ stdout, stderr }) => [stdout, stderr])
  for (const text of [...texts, server.logs()]) t.notMatch(text, /PRIVATE|fg1:/)
})

t.test('a rotation without generated keys says why there is nothing to do', limits, async t => {
  const env = { ...serverEnv, LANGFLOW_CONFIG_DIR: temporaryFolder(t) }
  const server = await startServer(t, { env })
  await signIn(server.url)
  t.match(await runCli(t, ['signing-keys', 'list'], env), { code: 0, stdout: /^There are no signing keys/ })
  t.match(await runCli(t, ['signing-keys', 'rotate'], env),
    { code: 1, stderr: /none is in use: access tokens are signed with HS256[^]*LANGFLOW_ALGORITHM=RS256/ })
  t.match(await runCli(t, ['signing-keys', 'rotate', '--withdraw', '--yes'], env),
    { code: 0, stdout: 'There is no key to replace.\n' })
})
