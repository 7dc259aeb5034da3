// Runs every check there is: lint, types, generated files, then the tests, on a PostgreSQL of its own where the
// server's programs are installed. Ends with one line, `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startPostgres } from './postgres.mjs'

const require = createRequire(import.meta.url)
const bin = (name, path) => join(require.resolve(`${name}/package.json`), '..', path)

function node (...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: process.env })
  return status === 0
}

const only = process.argv.slice(2)
const checks = only.length > 0
  ? []
  : [
      ['lint', bin('eslint', 'bin/eslint.js'), '.'],
      ['types', bin('typescript', 'bin/tsc'), '--noEmit', '-p', 'test'],
      ['types of the console', bin('typescript', 'bin/tsc'), '--noEmit', '-p', 'src/console'],
      ['openapi.yaml', '--import=tsx', 'scripts/openapi.ts', '--check'],
      ['.env.example and docs/settings.md', '--import=tsx', 'scripts/env-example.ts', '--check']
    ]

let failed = 0
for (const [name, ...args] of checks) {
  const isGood = node(...args)
  console.log(`${isGood ? 'ok' : 'not ok'}: ${name}`)
  if (!isGood) failed++
}
const passed = checks.length - failed

process.env.FLOWGATE_TEST_POSTGRES_URL ??= ''
const server = process.env.FLOWGATE_TEST_POSTGRES_URL === '' ? await startPostgres() : undefined
if (server) process.env.FLOWGATE_TEST_POSTGRES_URL = server.url
if (!process.env.FLOWGATE_TEST_POSTGRES_URL) {
  console.log('skipped: everything that needs a PostgreSQL server; install it (Debian: apt-get install postgresql)')
}

const report = join('.tap', 'report.tap')
const ran = node(
  bin('tap', 'dist/esm/run.mjs'), '--reporter=terse', `--output-file=${report}`, ...only
)
await server?.stop()

const { countAssertions } = await import('./tap-summary.mjs')
const counts = countAssertions(report)
// On a terminal the reporter has shown them.
if (!process.stdout.isTTY) for (const failure of counts.failures) console.log(failure)
for (const line of counts.measured) console.log(line)
const crashed = !ran && counts.failed === 0 ? 1 : 0
console.log(`\n${passed + counts.passed} passed, ${failed + counts.failed + crashed} failed` +
  (counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''))
process.exit(failed === 0 && ran ? 0 : 1)
