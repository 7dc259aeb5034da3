import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PASSWORD } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { send } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

/** A server on the embedded database, in which the commands work. */
async function start (t: Test, more: Record<string, string> = {}) {
  const env = { ...serverEnv, LANGFLOW_CONFIG_DIR: join(temporaryFolder(t), 'home'), ...more }
  const server = await startServer(t, { env })
  const run = (words: string, input = '') => runCli(t, words.split(' '), env, { input })
  const json = async (words: string) => {
    const { code, stdout, stderr } = await run(`${words} --json`)
    t.equal(code, 0, `${words}: ${stderr}`)
    return JSON.parse(stdout)
  }
  const whoami = (key: string) => send(server.url, '/users/whoami', { headers: { 'x-api-key': key } })
  return { env, server, run, json, whoami }
}

t.test('a program gets a service account and a restricted key with one command', { timeout: 240_000 }, async t => {
  const { env, run, json, whoami } = await start(t)

  await t.test('the command creates the account once, and not for a refused key', async t => {
    const refused = await run('api-key create ci --service --scope users:read')
    t.match(refused, { code: 1, stdout: '', stderr: /^--scope: The account does not have the scope users:read/m })
    const past = await run('api-key create ci --service --expires 2020-01-01')
    t.match(past, { code: 1, stderr: /^--expires: Expiry must be in the future$/m })
    t.match(await run('users list'), { stdout: /1 of 1/ }, 'no account was created')

    const made = await run('api-key create ci --service --name deploy ' +
      '--scope account:read flows:read --scope flows:write ' +
      '--network 127.0.0.0/8,2001:DB8::/32 --limit 100/m --expires 90d')
    t.match(made, { code: 0, stdout: /^sk-\w{43}\n$/, stderr: /"event":"user_created"[^]*"event":"api_key_created"/ })
    t.match(await whoami(made.stdout.trim()), { status: 200, json: { username: 'ci' } })
    t.match(await json('api-key create CI --service --scope apps:use'), { scopes: ['apps:use'] })
    t.match(await json('users list'), { total_count: 2, users: [{ is_service: false }, { is_service: true }] })
    t.match((await run('users list')).stdout, /^ci +active +service +/m)
    const { api_keys: [key] } = await json('api-key list ci')
    t.match(key, {
      scopes: ['account:read', 'flows:read', 'flows:write'],
      allowed_networks: ['127.0.0.0/8', '2001:db8::/32'],
      rate_limit: { limit: 100, window_seconds: 60 }
    })
    t.ok(Math.abs(Date.parse(key.expires_at) - Date.now() - 90 * 86_400_000) < 60_000, key.expires_at)
  })

  await t.test('a service account has no password, and a person is none', async t => {
    const ada = await run('users create ada --active', `${PASSWORD}\n`)
    t.equal(ada.code, 0)
    t.match(await run('api-key create Ada --service'), { code: 1, stderr: /belongs to a person: leave out --service/ })
    t.match(await run('superuser reset-password ci', `${PASSWORD}\n`), { code: 1, stderr: /service account has no password/ })
    t.match(await run('users create deploy --service'), {
      code: 0, stdout: /^Created the service account "deploy"\. Create a key for it: flowgate api-key create deploy\n$/
    })
    t.match(await run('users create ADA --service'), { code: 1, stderr: /unavailable/ })
  })

  await t.test('the table shows restrictions where there is room for them', async t => {
    const wide = await runOnTerminal(t, ['api-key', 'list', 'ci'], { env, columns: 200 })
    t.match(wide.screen, /NAME +KEY +STATUS +EXPIRES +LAST USED +SCOPES +NETWORKS +LIMIT +ID\r\n/)
    t.match(wide.screen, /^deploy +sk-\w+…\w{4} +active .+ account:read \+2 +127\.0\.0\.0\/8 \+1 +100\/1m +[\da-f-]{36}\r$/m)
    const { stdout } = await run('api-key list ci')
    t.match(stdout, /LAST USED +ID\n[^]*\nNot shown: SCOPES, NETWORKS, LIMIT\. Use a wider terminal, or --json\.\n$/)
    for (const line of stdout.split('\n')) t.ok(line.length <= 100, line)
  })

  await t.test('all keys are listed with their owners', async t => {
    await json('api-key create ada --name hers')
    t.match((await run('api-key list --all')).stdout, /^OWNER +NAME[^]*^ada +hers [^]*^ci +deploy [^]*^3 of 3$/m)
    t.match(await json('api-key list --all --search AD'), {
      total_count: 1, api_keys: [{ name: 'hers', owner: { username: 'ada', is_service: false } }]
    })
    t.match(await json('api-key list --all --skip 1 --limit 1'), { total_count: 3, api_keys: [{ name: 'deploy' }] })
    for (const words of ['api-key list', 'api-key list ada --all']) {
      t.match(await run(words), { code: 2, stderr: /name either an owner or --all/ }, words)
    }
  })

  await t.test('a rotation prints the new key, and the old one works for the overlap', async t => {
    const old = await json('api-key create deploy --scope account:read')
    const rotated = await run(`api-key rotate deploy ${old.id} --overlap 1h`)
    t.match(rotated, { code: 0, stdout: /^sk-\w{43}\n$/, stderr: /"event":"api_key_rotated"/ })
    for (const key of [old.api_key, rotated.stdout.trim()]) t.match(await whoami(key), { status: 200 })
    t.match((await run('api-key list deploy')).stdout, new RegExp(` replaced .+ ${old.id}`))
    t.match(await run(`api-key rotate deploy ${old.id}`), { code: 1, stderr: /was rotated into/ })
    t.match(await run(`api-key rotate ada ${old.id}`), { code: 1, stderr: /not found/i }, 'the owner is part of the question')
    t.match(await run(`api-key rotate deploy ${old.id} --overlap 31d`), { code: 2, stderr: /at most 30 days/ })

    const other = await json('api-key create deploy')
    const { previous, ...next } = await json(`api-key rotate deploy ${other.id} --overlap 0s`)
    t.match(previous, { id: other.id, replaced_by: next.id })
    t.match(await whoami(other.api_key), { status: 403 }, 'without an overlap the old key ends at once')
    t.match(await whoami(next.api_key), { status: 200 })
  })

  await t.test('uses are listed by day', async t => {
    const { api_keys: [key] } = await json('api-key list ci')
    t.match(await run(`api-key usage ci ${key.id} --days 2`), {
      code: 0, stdout: /^DAY +USES\n\d{4}-\d\d-\d\d +\d+\n\d{4}-\d\d-\d\d +1\n1 since the key was created\n$/
    })
    const { days, total_uses: total } = await json(`api-key usage ci ${key.id}`)
    t.strictSame([days.length, total], [30, 1])
    t.match(days.at(-1), { day: new Date().toISOString().slice(0, 10), uses: 1 })
    t.match(await run(`api-key usage ci ${key.id} --days 367`), { code: 2, stderr: /from 1 to 366/ })
    t.match(await run('api-key usage ci deploy'), { code: 2, stderr: /must be the id of a key/ })
  })
})

t.test('with a longest lifetime, a key that asks for more is refused and doctor counts the older ones', {
  timeout: 120_000
}, async t => {
  const { env, server, run } = await start(t)
  for (const expires of ['', ' --expires 12h', ' --expires 90d']) {
    t.equal((await run(`api-key create ci --service${expires}`)).code, 0)
  }
  const doctor = async () => JSON.parse((await run('doctor --json')).stdout).findings
    .filter(({ subject }: { subject: string }) => subject === 'API keys')
  t.strictSame(await doctor(), [], 'without the setting, doctor is silent')
  await server.stop()
  Object.assign(env, { LANGFLOW_API_KEY_MAX_DAYS: '30' })
  t.match(await doctor(), [{ level: 'warn', says: /^1 never expire, and 1 expire later than in 30 days/, fix: /rotate/i }])
  t.match(await run('api-key create ci --expires 31d'), { code: 1, stderr: /^--expires: Expiry must be at most 30 days/m })
  t.equal((await run('api-key create ci --expires 30d')).code, 0)
})
