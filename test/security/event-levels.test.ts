import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { freePort } from '../../scripts/postgres.mjs'

type Line = { event?: string, msg?: string, level: number, request_id?: string } & Record<string, unknown>

const FROM_ENV = {
  LANGFLOW_STORE_ENVIRONMENT_VARIABLES: 'true', LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: 'MY_KEY', MY_KEY: 'mine'
}

/**
 * Starts a server, signs in with the correct and with a wrong password, creates an account and an API key.
 * @returns all log lines
 */
async function logOf (t: Test, level: string): Promise<Line[]> {
  const port = String(await freePort())
  const server = await startServer(t, {
    env: { ...FROM_ENV, LANGFLOW_LOG_LEVEL: level, LANGFLOW_PORT: port, LANGFLOW_RATE_LIMIT_ENABLED: 'true' },
    url: `http://127.0.0.1:${port}`
  })
  const headers = bearer(await signIn(server.url))
  await send(server.url, '/users/', { method: 'POST', body: { username: 'ada', password: 'a pass phrase for tests' } })
  await signIn(server.url, 'ada')
  for (let n = 0; n < 5; n++) await signIn(server.url, 'ada', `wrong ${n}`).catch(() => {})
  await send(server.url, '/api_key/', { method: 'POST', body: { name: 'ci' }, headers })
  await send(server.url, '/logout', { method: 'POST', headers })
  t.equal(await server.stop(), 0)
  return server.logs().trim().split('\n').filter(line => line !== '').map(line => JSON.parse(line))
}

const expected = [
  'user_created', 'environment_import', // at the start
  'sign_in', ...Array(5).fill('sign_in_failed'), 'locked', 'user_created', 'environment_import', 'sign_in',
  'api_key_created', 'sign_out'
].sort()

t.test('security events are logged at every level, other lines only at theirs', { timeout: 120_000 }, async t => {
  for (const [level, least] of [['info', 30], ['warn', 40], ['error', 50], ['fatal', 60]] as const) {
    const lines = await logOf(t, level)
    t.strictSame(lines.flatMap(({ event }) => event ?? []).sort(), expected, level)
    t.ok(lines.every(line => line.event !== undefined || line.level >= least), `${level}: no other line below it`)
    t.equal(lines.some(({ msg }) => msg === 'request completed'), level === 'info', level)
    for (const line of lines.filter(({ event }) => /sign_|key/.test(event ?? ''))) {
      t.match(line, { request_id: String, address: '127.0.0.1' }, `${level}: ${line.event} names its request`)
    }
  }
})

t.test('the level silent suppresses all lines', { timeout: 60_000 }, async t => {
  t.strictSame(await logOf(t, 'silent'), [])
})

t.test('a command writes its events at every level', { timeout: 60_000 }, async t => {
  const env = { ...serverEnv, LANGFLOW_LOG_LEVEL: 'fatal', LANGFLOW_CONFIG_DIR: join(temporaryFolder(t), 'home') }
  const server = await startServer(t, { env: { ...env, LANGFLOW_LOG_LEVEL: 'info' } })
  await server.stop()
  const { code, stderr } = await runCli(t, ['superuser', 'unlock', ADMIN.username], env)
  t.equal(code, 0)
  t.match(stderr, /"event":"unlocked"/)
})
