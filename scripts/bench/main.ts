// Compares the service with its ceilings in one run: npm run bench -- [CASE …]. See README.md.
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Case, isReached, type Measurement } from './case.ts'
import { appCases } from './cases/apps.ts'
import { loadCases } from './cases/loads.ts'
import { boot, memory } from './cases/process-costs.ts'
import { contention, twoProcesses } from './cases/processes.ts'
import { restrictedKeyCases } from './cases/restricted-keys.ts'
import { identityTokens, tokenCases } from './cases/tokens.ts'
import { storedKeys } from './cases/stored-keys.ts'
import { userLists } from './cases/user-lists.ts'
import { showSpread } from './figures.ts'
import { openStage, type Stage } from './stage.ts'

const cases: Case[] = [
  ...loadCases, ...restrictedKeyCases, ...tokenCases, identityTokens, ...appCases, contention, twoProcesses, storedKeys,
  userLists, boot, memory
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    case: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean' },
    smoke: { type: 'boolean' },
    embedded: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' }
  }
})
const wanted = new Set([...values.case, ...positionals])
const unknown = [...wanted].filter(name => !cases.some(each => each.name === name))
if (unknown.length > 0 || !/^[1-9]\d?$/.test(values.rounds)) {
  const width = Math.max(...cases.map(({ name }) => name.length)) + 2
  console.error('usage: npm run bench -- [CASE …] [--case NAME] [--json] [--smoke] [--embedded] [--rounds N]\n')
  for (const { name, summary } of cases) console.error(`  ${name.padEnd(width)}${summary}`)
  process.exit(2)
}
const extent = values.smoke
  ? { rounds: 1, seconds: 1, connections: 10, isSmoke: true }
  : { rounds: Number(values.rounds), seconds: 2, connections: 50, isSmoke: false }

const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else console.error(text)
}

/** Verifies that the checks are on: invalid and revoked credentials must be refused. */
async function assertRefusals ({ flowgate: { url }, signIn, keys, postgres }: Stage) {
  const other = await postgres?.startReplica()
  const whoami = async (headers: Record<string, string>, target = url) =>
    (await fetch(`${target}/api/v1/users/whoami`, { headers })).status
  const expect = (what: string, is: number, expected: number) => {
    if (is !== expected) throw new Error(`${what} was answered ${is} and not ${expected}`)
  }
  try {
    const { access_token: token } = await signIn()
    const bearer = { authorization: `Bearer ${token}` }
    expect('a good token', await whoami(bearer), 200)
    expect('a good token at another process', await whoami(bearer, other?.url), 200)
    expect('a bad token', await whoami({ authorization: `Bearer ${token}x` }), 401)
    expect('a bad key', await whoami({ 'x-api-key': `${keys[0]?.slice(0, -1)}_` }), 403)
    await fetch(`${url}/api/v1/logout`, { method: 'POST', headers: bearer })
    expect('a revoked token', await whoami(bearer), 401)
    await new Promise(resolve => setTimeout(resolve, 1000))
    expect('a revoked token at another process after a second', await whoami(bearer, other?.url), 401)
  } finally {
    await other?.stop()
  }
}

type Result = Measurement & { case: string }

function print (results: Result[]) {
  const table = new Table({
    style: { head: [], border: [] },
    head: ['case', 'what', 'against', 'median (least to greatest)', 'reach', '', 'latest round']
  })
  for (const result of results) {
    const { min, max } = result.reach
    const reach = [...(min === undefined ? [] : [`>= ${min}`]), ...(max === undefined ? [] : [`<= ${max}`])].join(', ')
    table.push([
      result.case, result.what, result.against, `${showSpread(result.spread)} ${result.unit}`, reach,
      reach === '' ? '' : isReached(result) ? 'reached' : 'short', result.note ?? ''
    ])
  }
  console.log(table.toString())
}

const stage = await openStage({
  ...(values.smoke ? { accounts: 4, many: 100 } : { accounts: 64, many: 50_000 }), isEmbedded: values.embedded
})
try {
  await assertRefusals(stage)
  const asked = cases.filter(({ name }) => wanted.size === 0 || wanted.has(name))
  const passedOver = stage.postgres ? [] : asked.filter(({ needsPostgres }) => needsPostgres)
  if (!stage.postgres) {
    console.error('on the embedded database: PostgreSQL is not installed (Debian: apt-get install postgresql), or ' +
      `--embedded was given; passed over: ${passedOver.map(({ name }) => name).join(', ') || 'nothing'}`)
  }
  const results: Result[] = []
  for (const each of asked.filter(each => !passedOver.includes(each))) {
    const measured = await each.measure(stage, extent, progress)
    results.push(...measured.map(measurement => ({ case: each.name, ...measurement })))
  }
  if (process.stderr.isTTY) progress('')
  const database = stage.postgres ? 'PostgreSQL' : 'embedded'
  if (values.json) console.log(JSON.stringify({ ...extent, database, results }, undefined, 2))
  else print(results)
} finally {
  await stage.close()
}
