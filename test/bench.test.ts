import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv } from './helpers/cli.ts'
import { needsPostgres } from './helpers/database.ts'

const main = fileURLToPath(new URL('../scripts/bench/main.ts', import.meta.url))
const bench = (...args: string[]) =>
  spawn(process.execPath, ['--import=tsx', main, ...args], { env: cleanEnv, stdio: ['ignore', 'pipe', 'ignore'] })

t.test('the bench runs, and measures what it says', { timeout: 240_000, ...needsPostgres }, async t => {
  const { loads, storedKeys } = JSON.parse(await text(bench('--smoke', '--json').stdout))
  t.strictSame(loads.map(({ name }: { name: string }) => name), ['whoami-bearer', 'whoami-key', 'whoami-key-misses'])
  for (const { throughput, cpu } of loads) t.ok(throughput.median > 0 && cpu.median > 0)
  t.strictSame(storedKeys.map(({ stored }: { stored: number }) => stored), [1, 10])
})

t.test('a case that is none is wrong use', async t => {
  const child = bench('nothing')
  t.equal(await new Promise(resolve => child.on('close', resolve)), 2)
})
