import t from 'tap'
import { ADMIN, PASSWORD } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'

const login = (url: string, username: string, password: string) => fetch(`${url}/api/v1/login`, {
  method: 'POST', body: new URLSearchParams({ username, password })
})

t.test('superusers are created and helped while the server runs', needsPostgres, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { ...serverEnv, LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_DATABASE_URL: database }
  const { url } = await startServer(t, { env })
  const command = (words: string[], input = '') => runCli(t, ['superuser', ...words], env, { input })
  const tokens = await signIn(url)

  for (let n = 0; n < 6; n++) await login(url, ADMIN.username, `wrong ${n}`)
  t.equal((await login(url, ADMIN.username, ADMIN.password)).status, 429)
  const unlocked = await command(['unlock', ' Administrator\u00a0'])
  t.equal(unlocked.code, 0, unlocked.stderr)
  t.match(unlocked.stderr, /"event":"unlocked"/)
  t.equal((await login(url, ADMIN.username, ADMIN.password)).status, 200)

  const reset = await command(['reset-password', `\ufeff${ADMIN.username} `], 'set by the operator\n')
  t.equal(reset.code, 0, reset.stderr)
  t.notMatch(reset.stdout + reset.stderr, /set by the operator/)
  t.equal((await login(url, ADMIN.username, ADMIN.password)).status, 401)
  t.equal((await login(url, ADMIN.username, 'set by the operator')).status, 200)
  t.equal((await send(url, '/users/whoami', { headers: bearer(tokens) })).status, 401, 'its sessions have ended')

  const created = await command(['create', 'Second'], PASSWORD)
  t.equal(created.code, 0, created.stderr)
  const second = await signIn(url, 'Second')
  t.match((await send(url, '/users/whoami', { headers: bearer(second) })).json, { is_superuser: true, is_active: true })

  for (const [words, input, code, message] of [
    [['create', 'second'], PASSWORD, 1, /unavailable/], [['create', 'third'], 'short', 1, /at least 8/],
    [['reset-password', 'nobody'], PASSWORD, 1, /not found/i], [['unlock'], '', 2, /missing required argument/],
    [['create', 'third'], '', 2, /standard input/], [['create', 'third', PASSWORD], '', 2, /too many arguments/],
    [['dance'], '', 2, /unknown command/]
  ] as Array<[string[], string, number, RegExp]>) {
    const result = await command(words, input)
    t.equal(result.code, code, words.join(' '))
    t.match(result.stderr, message)
  }
  const foreign = await runCli(t, ['superuser', 'reset-password', ADMIN.username], {
    ...env, LANGFLOW_SECRET_KEY: 'another key that is long enough for it'
  }, { input: PASSWORD })
  t.equal(foreign.code, 78, 'the key of the server is required')
})
