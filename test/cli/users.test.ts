import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'

t.test('accounts and keys are administered from the command line while the server serves', needsPostgres, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { ...serverEnv, LANGFLOW_DATABASE_URL: database, LANGFLOW_NEW_USER_IS_ACTIVE: 'false' }
  const { url } = await startServer(t, { env })
  const run = (args: string[], input = '') => runCli(t, args, env, { input })
  const json = async (args: string[], input = '') => {
    const { code, stdout, stderr } = await run([...args, '--json'], input)
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    t.notOk((stdout + stderr).includes(PASSWORD), 'no password is shown')
    return JSON.parse(stdout)
  }
  const login = (username: string) => fetch(`${url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username, password: PASSWORD })
  })

  await t.test('an account is created, pending approval, activated, deactivated and deleted', async t => {
    const made = await run(['users', 'create', 'ada'], `${PASSWORD}\n`)
    t.match(made.stdout, /Created the account "ada"\. It is pending approval: flowgate users activate ada/)
    t.match(made.stderr, /"event":"user_created"/)
    t.equal((await login('ada')).status, 400)
    t.match(await json(['users', 'list', '--waiting']), {
      total_count: 1, users: [{
        username: 'ada',
        is_active: false
      }]
    })

    t.match((await run(['users', 'activate', 'Ada\n'])).stdout, /"ada" is now active/)
    t.match((await run(['users', 'activate', 'ada'])).stdout, /was already active/)
    const tokens = await signIn(url, 'ada')
    const kept = await run(['users', 'deactivate', ' ada\u200b'])
    t.match(kept.stderr, /"event":"deactivated"/)
    await new Promise(resolve => setTimeout(resolve, 1100)) // the bound of a revocation
    t.equal((await send(url, '/users/whoami', { headers: bearer(tokens) })).status, 401, 'its sessions have ended')

    t.match(await run(['users', 'delete', 'ada']), { code: 2, stderr: /--yes/ }, 'without a terminal, --yes is required')
    t.match(await run(['users', 'delete', 'ada', '--yes']), { code: 0, stderr: /"event":"user_deleted"/ })
    t.equal((await json(['users', 'list'])).total_count, 1)
  })

  await t.test('the rules of the API hold', async t => {
    for (const [args, message] of [
      [['users', 'delete', ADMIN.username, '--yes'], /last active superuser/],
      [['users', 'deactivate', ADMIN.username], /last active superuser/],
      [['users', 'activate', 'nobody'], /User not found/]
    ] as Array<[string[], RegExp]>) t.match(await run(args), { code: 1, stderr: message }, args.join(' '))
    t.match(await run(['users', 'create', 'short'], 'short'), { code: 1, stderr: /at least 8/ })
    t.match(await run(['users', 'list', '--limit', 'many']), { code: 2, stderr: /integer ≥ 1/ })
  })

  await t.test('a table for people, JSON for programs', async t => {
    await json(['users', 'create', 'grace', '--active'], PASSWORD)
    const { stdout } = await run(['users', 'list'])
    t.match(stdout, /^USERNAME +STATUS +ROLE +CREATED +LAST SIGN-IN +ID\n/)
    t.match(stdout, /^grace +active +user +\d{4}-\d\d-\d\d +never +[\da-f-]{36}$/m)
    for (const line of stdout.split('\n')) t.ok(line.length <= 100, line)
    t.match(stdout, /2 of 2/)
    t.notOk(stdout.includes(String.fromCharCode(27)), 'no colour off a terminal')
    t.match(await json(['users', 'list', '--search', 'RAC', '--limit', '1']), {
      total_count: 1,
      users: [{ username: 'grace' }]
    })
  })

  await t.test('a key is printed once, works, is listed masked, and is refused when it is revoked', async t => {
    const made = await run(['api-key', 'create', 'grace', '--name', 'nightly', '--expires', '2099-01-31'])
    t.match(made.stdout, /^sk-\w{43}\n$/, 'the key and nothing else')
    t.match(made.stderr, /"event":"api_key_created"/)
    const headers = { 'x-api-key': made.stdout.trim() }
    t.match((await send(url, '/users/whoami', { headers })).json, { username: 'grace' })

    const listed = await run(['api-key', 'list', 'grace'])
    t.match(listed.stdout, /nightly/)
    t.notOk(listed.stdout.includes(made.stdout.trim()))
    const { api_keys: [key] } = await json(['api-key', 'list', 'grace'])
    t.match(key, { name: 'nightly', is_active: true, expires_at: '2099-01-31T00:00:00.000Z' })

    t.match(await run(['api-key', 'revoke', ADMIN.username, key.id]), { code: 1, stderr: /not found/i }, 'the owner is part of the question')
    t.match(await run(['api-key', 'revoke', 'grace', 'nightly']), { code: 2, stderr: /must be the id of a key/ })
    t.match(await run(['api-key', 'revoke', 'grace', key.id]), { code: 0, stderr: /"event":"api_key_deleted"/ })
    await new Promise(resolve => setTimeout(resolve, 1100))
    t.equal((await send(url, '/users/whoami', { headers })).status, 403)
    t.match(await run(['api-key', 'create', 'grace', '--expires', 'soon']), { code: 2, stderr: /must be a date, a time or a duration/ })
  })

  t.match(await run(['migrate', 'status']), { code: 0, stdout: /applied/ })
  t.match(await json(['migrate', 'deploy']), { applied: [] })
})
