import t, { type Test } from 'tap'
import { generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'
import { PASSWORD } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { startServer } from '../helpers/server.ts'

const [OLD, NEW] = [generateSecretKey(), generateSecretKey()]
const idOf = (key: string) => parseSecretKey(key).keyId

t.test('secret-key prints a random key in the form of a settings file', async t => {
  const { code, stdout, stderr } = await runCli(t, ['secret-key'])
  t.equal(code, 0)
  t.equal(stderr, '')
  const key = /^LANGFLOW_SECRET_KEY=([\w-]{43})\n$/.exec(stdout)?.[1] ?? ''
  t.equal(parseSecretKey(key).form, 'fernet')
  t.not((await runCli(t, ['secret-key'])).stdout, stdout)
})

t.test('secrets explains its usage', async t => {
  for (const args of [['secrets'], ['secrets', 'nonsense'], ['secrets', 'status', '--nonsense']]) {
    const { code, stderr } = await runCli(t, args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, /flowgate secrets( status)? --help|Usage: flowgate secrets/)
  }
  const help = await runCli(t, ['secrets', '--help'])
  t.equal(help.code, 0)
  t.match(help.stdout, /LANGFLOW_SECRET_KEY_PREVIOUS/)
})

t.test('secrets creates neither a key nor a database', async t => {
  const { code, stderr } = await runCli(t, ['secrets', 'status'])
  t.equal(code, 1)
  t.match(stderr, /LANGFLOW_CONFIG_DIR \(default\): there is no installation in/)
})

/** A server that stored one secret under OLD and was stopped; the settings of its database. */
async function stored (t: Test) {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const env = {
    LANGFLOW_DATABASE_URL: url,
    LANGFLOW_AUTO_LOGIN: 'false',
    LANGFLOW_SUPERUSER: 'langflow',
    LANGFLOW_SUPERUSER_PASSWORD: PASSWORD,
    LANGFLOW_SECRET_KEY: OLD
  }
  const server = await startServer(t, { env })
  const api = `${server.url}/api/v1`
  const form = new URLSearchParams({ username: 'langflow', password: PASSWORD })
  const signedIn = await fetch(`${api}/login`, { method: 'POST', body: form })
  const { access_token: token } = await signedIn.json() as { access_token: string } // fetch() knows no types
  const response = await fetch(`${api}/variables/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'A', value: 'a secret of the command', default_fields: null })
  })
  t.equal(response.status, 201)
  t.equal(await server.stop(), 0)
  return env
}

t.test('status counts secrets by key, rotate moves them, and each names the next step', needsPostgres, async t => {
  const env = await stored(t)
  const both = { ...env, LANGFLOW_SECRET_KEY: NEW, LANGFLOW_SECRET_KEY_PREVIOUS: OLD }

  const before = await runCli(t, ['secrets', 'status'], both)
  t.equal(before.code, 0)
  t.match(before.stdout, new RegExp(`^variables\\.sealed_value +${idOf(OLD)} +previous +1$`, 'm'))
  t.match(before.stdout, `1 secret needs the key ${idOf(OLD)}: run flowgate secrets rotate`)
  t.notOk(before.stdout.includes('\u001b'), 'no colours off a terminal')

  const missing = await runCli(t, ['secrets', 'status', '--json'], { ...env, LANGFLOW_SECRET_KEY: NEW })
  t.equal(missing.code, 1, 'a secret needs a key that is not given')
  t.match(JSON.parse(missing.stdout).keys, [
    { role: 'current', rows: 0 }, { key_id: idOf(OLD), role: 'not given', rows: 1 }])
  const refused = await runCli(t, ['secrets', 'rotate'], { ...env, LANGFLOW_SECRET_KEY: NEW })
  t.equal(refused.code, 78)
  t.match(refused.stderr, new RegExp(`${idOf(OLD)}.*${idOf(NEW)}`))

  const rotated = await runCli(t, ['secrets', 'rotate'], both)
  t.equal(rotated.code, 0, rotated.stderr)
  t.match(rotated.stdout, /^Rotated 1 secret in [^]*Retired the key [^]*All secrets are encrypted with the current key/)
  const after = await runCli(t, ['secrets', 'status'], both)
  t.match(after.stdout, `No secret needs the key ${idOf(OLD)}: remove it from LANGFLOW_SECRET_KEY_PREVIOUS`)

  const forgotten = await runCli(t, ['secrets', 'forget', idOf(OLD), '--json'], { ...env, LANGFLOW_SECRET_KEY: NEW })
  t.strictSame(JSON.parse(forgotten.stdout), { forgotten: idOf(OLD), abandoned: 0 })

  const started = Date.now()
  const { code, stderr } = await runCli(t, ['run', '--port', '0'], env)
  t.equal(code, 78, 'the server does not start with only the old key')
  t.match(stderr, new RegExp(`LANGFLOW_SECRET_KEY: .*${idOf(NEW)}.*${idOf(OLD)}`))
  t.ok(Date.now() - started < 5000, 'and does not hang')
  for (const text of [before, missing, refused, rotated, after, forgotten].flatMap(end => [end.stdout, end.stderr])) {
    for (const secret of [OLD, NEW, 'a secret of the command', PASSWORD]) t.notOk(text.includes(secret))
  }
})
