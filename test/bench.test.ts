import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv } from './helpers/cli.ts'
import { needsPostgres } from './helpers/database.ts'

const main = fileURLToPath(new URL('../scripts/bench/main.ts', import.meta.url))
const bench = (...args: string[]) =>
  spawn(process.execPath, ['--import=tsx', main, ...args], { env: cleanEnv, stdio: ['ignore', 'pipe', 'ignore'] })

type Result = { case: string, what: string, spread: { median: number } }

t.test('the bench runs and reports its measurements', { timeout: 240_000, ...needsPostgres }, async t => {
  const { results }: { results: Result[] } = JSON.parse(await text(bench('--smoke', '--json').stdout))
  t.strictSame([...new Set(results.map(result => result.case))], [
    'whoami-bearer', 'whoami-key', 'whoami-key-misses', 'login', 'refresh', 'create-key',
    'restricted-key', 'restricted-key-bare', 'whoami-rs256', 'whoami-es256',
    'introspect-misses', 'identity-tokens', 'verify', 'verify-100-rules', 'verify-nginx', 'whoami-while-logins',
    'two-processes', 'api-keys', 'user-lists', 'boot', 'memory'
  ])
  for (const { case: name, what, spread } of results) t.ok(spread.median > 0, `${name} ${what}`)
})

t.test('without a PostgreSQL server, the bench measures the embedded database', { timeout: 120_000 }, async t => {
  const run = JSON.parse(await text(bench('--smoke', '--json', '--embedded').stdout))
  t.equal(run.database, 'embedded')
  const seen = new Set(run.results.map((result: Result) => result.case))
  t.strictSame([...seen], [
    'whoami-bearer', 'whoami-key', 'login', 'restricted-key', 'restricted-key-bare', 'whoami-while-logins', 'boot'
  ])
})

t.test('an unknown case is a usage error', async t => {
  const child = bench('nothing')
  t.equal(await new Promise(resolve => child.on('close', resolve)), 2)
})
