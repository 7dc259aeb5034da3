import { randomBytes } from 'node:crypto'
import pg from 'pg'
import t, { type Test } from 'tap'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { PASSWORD } from '../helpers/app.ts'
import { runCli } from '../helpers/cli.ts'
import { createPostgres, dumpDatabase, needsPostgres } from '../helpers/database.ts'
import { startServer } from '../helpers/server.ts'

const SECRETS = 1000
const OLD = generateSecretKey()
const NEW = generateSecretKey()

/** The text of every table, one line per row, like a dump. */
async function everyRow (client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'")
  const texts = []
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT row_to_json(r)::text AS text FROM ${name} AS r`)
    texts.push(...rows.map(({ text }) => text))
  }
  return texts.join('\n')
}

async function connect (t: Test) {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  return { url, client }
}

t.test(`of ${SECRETS} secrets not one is found in logs, answers, errors or the database`, needsPostgres, async t => {
  const { url, client } = await connect(t)
  const env = {
    LANGFLOW_DATABASE_URL: url,
    LANGFLOW_AUTO_LOGIN: 'false',
    LANGFLOW_SUPERUSER: 'langflow',
    LANGFLOW_SUPERUSER_PASSWORD: PASSWORD,
    LANGFLOW_SECRET_KEY: OLD,
    LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: '2000',
    LANGFLOW_ENABLE_SECRET_READ: 'true',
    LANGFLOW_LOG_LEVEL: 'trace'
  }
  const server = await startServer(t, { env })
  const seen: string[] = []
  async function call (method: string, path: string, body?: string | URLSearchParams, headers = {}) {
    const response = await fetch(`${server.url}/api/v1${path}`, { method, headers, ...(body ? { body } : {}) })
    const text = await response.text()
    seen.push(JSON.stringify([...response.headers]), text)
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const signedIn = await call('POST', '/login', new URLSearchParams({ username: 'langflow', password: PASSWORD }))
  const headers = { authorization: `Bearer ${signedIn.body.access_token}`, 'content-type': 'application/json' }
  const secrets = Array.from({ length: SECRETS }, () => `sk-${randomBytes(24).toString('base64url')}`)

  for (const [n, value] of secrets.entries()) {
    // Most secrets are stored; the others are rejected for different reasons.
    const wrong = [
      { name: `v${n}`, value },
      { name: `v${n}`, value: [value], default_fields: null },
      { name: '', value, default_fields: null },
      { name: 'v0', value, default_fields: null },
      { name: `v${n}`, value: value + '\u0000', default_fields: null },
      { name: `v${n}`, value: value.repeat(1000), default_fields: null },
      { name: `v${n}`, value, type: value, default_fields: null }
    ][n % 20]
    const body = wrong ?? { name: `v${n}`, value, default_fields: null }
    const { status } = await call('POST', '/variables/', JSON.stringify(body), headers)
    if (wrong ? status >= 500 : status !== 201) t.fail(`${n}: ${status}`)
  }
  await call('POST', '/variables/', `{"name": "broken", "value": "${secrets[1]}"`, headers)
  await call('GET', `/variables/?value=${secrets[2]}`, undefined, headers)
  const { body: list } = await call('GET', '/variables/', undefined, headers)
  t.ok(list.length > SECRETS / 2)
  await client.query("UPDATE variables SET sealed_value = left(sealed_value, -8) || 'AAAAAAA=' WHERE name LIKE 'v1%'")
  const damaged = list.find(({ name }: { name: string }) => name.startsWith('v1'))
  t.equal((await call('GET', `/variables/${damaged.id}/value`, undefined, headers)).status, 409)
  await call('PATCH', `/variables/${damaged.id}`, JSON.stringify({ id: damaged.id, type: 'Generic' }), headers)
  await call('GET', '/variables/', undefined, headers)

  const both = { ...env, LANGFLOW_SECRET_KEY: NEW, LANGFLOW_SECRET_KEY_PREVIOUS: OLD }
  const commands = [
    await runCli(t, ['secrets', 'rotate', '--json'], both), await runCli(t, ['secrets', 'status'], both),
    await runCli(t, ['run', '--port', '0'], { ...env, LANGFLOW_SECRET_KEY: generateSecretKey() })
  ]
  t.equal(commands[0]?.code, 1, 'what is damaged was not moved')
  await server.stop()

  const places: Record<string, string> = {
    logs: server.logs(),
    answers: seen.join('\n'),
    commands: commands.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    rows: await everyRow(client),
    dump: dumpDatabase(url)
  }
  const known = [...secrets, OLD, NEW, PASSWORD]
  for (const [place, text] of Object.entries(places)) {
    t.equal(known.filter(secret => text.includes(secret)).length, 0, `${place}: ${text.length} characters`)
  }
  t.ok(places['rows']?.includes('fg1:') && places['logs']?.includes('/api/v1/variables'), 'the places were looked at')
})
