import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { cleanEnv, temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, postgresUrl } from '../helpers/database.ts'
import { makePython } from '../helpers/python.ts'
import { startServer } from '../helpers/server.ts'

const SECONDS = Number(process.env['FLOWGATE_TEST_FUZZ_SECONDS'] ?? 60)
/** Fixed seed, so that runs can be repeated. Other seeds find other cases. */
const SEED = process.env['FLOWGATE_TEST_SEED'] ?? '1'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

type Report = { test_cases: { generated: number, errored: number }, failures: object[], errors: object[] }

/** Runs Schemathesis over the whole document. @returns its report */
async function run (t: Test, program: string, url: string) {
  const report = join(temporaryFolder(t), 'report.json')
  const settings = here('../helpers/schemathesis')
  const child = spawn(program, [
    '--config-file', join(settings, 'schemathesis.toml'), 'run', here('../../openapi.yaml'), '--url', url,
    '--max-time', String(SECONDS), '--seed', SEED, '--request-timeout', '10', '--no-color',
    '--continue-on-failure', '--generation-database', 'none', '--report', 'json', '--report-json-path', report
  ], {
    cwd: temporaryFolder(t),
    env: {
      ...cleanEnv,
      PYTHONPATH: settings,
      PYTHONDONTWRITEBYTECODE: '1',
      SCHEMATHESIS_HOOKS: 'hooks',
      FLOWGATE_URL: url,
      FLOWGATE_USER: ADMIN.username,
      FLOWGATE_PASSWORD: ADMIN.password
    }
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { said += chunk })
  const code = await new Promise<number | null>(resolve => { child.on('close', resolve) })
  return { code, said, report: (): Report => JSON.parse(readFileSync(report, 'utf8')) }
}

t.test('Schemathesis finds no response that contradicts openapi.yaml', {
  timeout: (SECONDS + 240) * 1000
}, async t => {
  const python = makePython('schemathesis==4.32.5')
  if ('reason' in python) {
    console.error(`the API was not fuzzed. ${python.reason}`)
    t.fail(python.reason, process.env['CI'] ? {} : { skip: python.reason })
    return
  }
  const database = postgresUrl ? await createPostgres() : undefined
  if (database) t.teardown(database.drop)
  const server = await startServer(t, {
    env: {
      LANGFLOW_DATABASE_URL: database?.url,
      LANGFLOW_ENABLE_SECRET_READ: 'true',
      LANGFLOW_MAX_PENDING_ACCOUNTS: '1000000'
    }
  })
  const { code, said, report } = await run(t, join(python.bin, 'schemathesis'), server.url)
  t.equal(code, 0, said.slice(said.indexOf('= FAILURES')).slice(0, 20_000))
  const { test_cases: { generated, errored }, failures, errors } = report()
  t.strictSame([failures, errors, errored], [[], [], 0])
  t.ok(generated > 1000, `${generated} cases`)
  t.notMatch(server.logs(), /"status":5\d\d/, 'no response was a 5xx')
  t.equal((await fetch(`${server.url}/health`)).status, 200)
  t.equal(await server.stop(), 0)
  t.comment(`measured: Schemathesis made ${generated} cases, ${failures.length} failures`)
})
