// Compares the service with its ceilings, in one run: npm run bench -- [CASE …] [--json] [--smoke] [--rounds N]
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { loadCases, type LoadCase } from './cases.ts'
import { showSpread, spread } from './figures.ts'
import { load, type Load } from './processes.ts'
import { openStage, type Stage } from './stage.ts'
import { measureStoredKeys, relative } from './stored-keys.ts'

const STORED_KEYS = 'api-keys'
const names = [...loadCases.map(({ name }) => name), STORED_KEYS]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, smoke: { type: 'boolean' }, rounds: { type: 'string', default: '5' } }
})
const unknown = positionals.filter(name => !names.includes(name))
if (unknown.length > 0 || !/^[1-9]\d?$/.test(values.rounds)) {
  console.error(`usage: npm run bench -- [CASE …] [--json] [--smoke] [--rounds N]\ncases: ${names.join(', ')}`)
  process.exit(2)
}
const isWanted = (name: string) => positionals.length === 0 || positionals.includes(name)
const rounds = values.smoke ? 1 : Number(values.rounds)
const seconds = values.smoke ? 1 : 3
const connections = 50

const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else console.error(text)
}

/** No figure counts that was won by skipping a check: what is wrong and what was ended must be refused. */
async function assertRefusals ({ flowgate: { url }, tokens, keys }: Stage) {
  const whoami = async (headers: Record<string, string>) =>
    (await fetch(`${url}/api/v1/users/whoami`, { headers })).status
  const expect = (what: string, is: number, expected: number) => {
    if (is !== expected) throw new Error(`${what} was answered ${is} and not ${expected}`)
  }
  const [token = ''] = tokens.slice(-1)
  expect('a good token', await whoami({ authorization: `Bearer ${token}` }), 200)
  expect('a bad token', await whoami({ authorization: `Bearer ${token}x` }), 401)
  expect('a bad key', await whoami({ 'x-api-key': `${keys[0]?.slice(0, -1)}_` }), 403)
  const revoked = tokens.pop()
  await fetch(`${url}/api/v1/logout`, { method: 'POST', headers: { authorization: `Bearer ${revoked}` } })
  expect('a revoked token', await whoami({ authorization: `Bearer ${revoked}` }), 401)
}

async function measureLoad ({ name, summary, reach, sides }: LoadCase, stage: Stage) {
  const { measured, ceiling } = await sides(stage)
  const rates: Array<Record<'measured' | 'ceiling', Load & { cpuMicros: number }>> = []
  for (let round = 0; round <= rounds; round++) {
    progress(`${name}: round ${round} of ${rounds}${round === 0 ? ' (warm-up)' : ''}`)
    const run = async ({ target, job }: typeof measured) => {
      const before = target.cpuSeconds()
      const result = await load({ url: target.url, connections, seconds, ...job })
      if (result.failed > 0) throw new Error(`${name}: ${result.failed} requests failed`)
      return { ...result, cpuMicros: (target.cpuSeconds() - before) * 1e6 / result.answered }
    }
    const result = { ceiling: await run(ceiling), measured: await run(measured) }
    if (round > 0) rates.push(result)
  }
  const ratio = (of: (side: Load & { cpuMicros: number }) => number) =>
    spread(rates.map(round => of(round.measured) / of(round.ceiling)))
  const latest = rates.at(-1)
  return {
    name,
    summary,
    against: ceiling.name,
    throughput: ratio(({ answered, seconds: time }) => answered / time),
    cpu: ratio(({ cpuMicros }) => cpuMicros),
    reach,
    requestsPerSecond: Math.round((latest?.measured.answered ?? 0) / (latest?.measured.seconds ?? 1)),
    p50Ms: latest?.measured.p50Ms ?? NaN,
    p99Ms: latest?.measured.p99Ms ?? NaN,
    rssMib: Math.round(measured.target.rssMib())
  }
}

const stage = await openStage(values.smoke ? { accounts: 4, many: 100 } : { accounts: 64, many: 50_000 })
try {
  await assertRefusals(stage)
  const loads = []
  for (const each of loadCases.filter(({ name }) => isWanted(name))) loads.push(await measureLoad(each, stage))
  const counts = values.smoke ? [1, 10] : [1, 1000, 100_000]
  const onRound = (done: number, all: number) => progress(`${STORED_KEYS}: round ${done} of ${all}`)
  const stored = isWanted(STORED_KEYS) ? relative(await measureStoredKeys(stage, counts, rounds, onRound)) : []
  if (process.stderr.isTTY) progress('')
  if (values.json) {
    console.log(JSON.stringify({ rounds, seconds, connections, loads, storedKeys: stored }, undefined, 2))
  } else {
    print(loads, stored)
  }
} finally {
  await stage.close()
}

function print (loads: Array<Awaited<ReturnType<typeof measureLoad>>>, stored: ReturnType<typeof relative>) {
  const plain = { style: { head: [], border: [] } }
  if (loads.length > 0) {
    const table = new Table({
      ...plain,
      head: ['case', 'against', 'throughput', 'reach', 'CPU/request', 'reach', 'req/s', 'p50 ms', 'p99 ms', 'RSS MiB']
    })
    for (const { name, against, throughput, cpu, reach, requestsPerSecond, p50Ms, p99Ms, rssMib } of loads) {
      table.push([name, against, showSpread(throughput), `>= ${reach.throughput}`, showSpread(cpu), `<= ${reach.cpu}`,
        requestsPerSecond, p50Ms, p99Ms, rssMib])
    }
    console.log(table.toString())
  }
  if (stored.length > 0) {
    const table = new Table({ ...plain, head: ['keys stored', 'µs a verification', 'ratio', 'reach'] })
    for (const { stored: count, micros, ratio } of stored) {
      table.push([count.toLocaleString('en'), micros.toFixed(0), ratio.toFixed(2), '<= 1.1'])
    }
    console.log(table.toString())
  }
}
