// Runs all checks: lint, types, generated files, then the tests. Starts a PostgreSQL server if its programs are
// installed. FLOWGATE_TEST_TIME_ZONE is its default time zone; FLOWGATE_TEST_ENGINE=postgres uses it instead of the
// embedded database. Ends with one line, `N passed, N failed`.
//
//   test.mjs [FILE ...]         all tests, or only these files
//   test.mjs --faults           only test/faults, in their long form
//   test.mjs --langflow         only test/langflow, which installs Langflow
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startPostgres } from './postgres.mjs'

const require = createRequire(import.meta.url)
const bin = (name, path) => join(require.resolve(`${name}/package.json`), '..', path)

function node (...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: process.env })
  return status === 0
}

const flags = new Set(process.argv.slice(2).filter(word => word.startsWith('--')))
const words = process.argv.slice(2).filter(word => !word.startsWith('--'))

/** The test files below a folder, by their paths. */
const testsBelow = folder => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts')).map(name => join(folder, name)).sort()
if (flags.has('--faults')) process.env.FLOWGATE_TEST_FAULTS = 'long'
if (flags.has('--langflow')) process.env.FLOWGATE_TEST_LANGFLOW = 'yes'
const named = flags.has('--langflow') ? testsBelow(join('test', 'langflow')) : words
const only = flags.has('--faults') ? testsBelow(join('test', 'faults')) : named
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
  console.log('skipped: tests that need a PostgreSQL server; install it (Debian: apt-get install postgresql)')
}

const report = join('.tap', 'report.tap')
const ran = node(
  bin('tap', 'dist/esm/run.mjs'), '--reporter=terse', `--output-file=${report}`,
  // The first file installs Langflow, and the next one uses it.
  ...flags.has('--langflow') ? ['--jobs=1'] : [], ...only
)
await server?.stop()

const { countAssertions, missedPromises } = await import('./tap-summary.mjs')
const counts = countAssertions(report)
// On a terminal the reporter has printed them.
if (!process.stdout.isTTY) for (const failure of counts.failures) console.log(failure)
for (const line of counts.measured) console.log(line)
if (counts.acknowledged > 0) {
  console.log(`acknowledged writes lost over all faults: ${counts.lost} of ${counts.acknowledged}`)
}
const crashed = !ran && counts.failed === 0 ? 1 : 0
// Documents name the tests of their promises. Checked when all tests ran.
const documents = ['SECURITY.md', 'COMPATIBILITY.md', 'docs/limits.md'].map(path => readFileSync(path, 'utf8'))
const missed = only.length === 0 && server ? missedPromises(documents, counts.ran) : []
for (const name of missed) console.log(`not ok: a document names a test that did not run and pass: ${name}`)
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`)
console.log(`\n${passed + counts.passed} passed, ${failed + counts.failed + crashed + missed.length} failed`)
process.exit(failed === 0 && missed.length === 0 && ran ? 0 : 1)
