import { readFileSync } from 'node:fs'
import t from 'tap'
import { failureKinds } from '../../src/errors.ts'

const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = [...document.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+) \| (.+) \|$/gm)]
  .map(([, code = '', status = '', meaning = '', remedy = '']) => ({ code, status: Number(status), meaning, remedy }))

t.test('docs/errors.md lists exactly the error codes, with their status', async t => {
  const documented = new Map(rows.map(row => [row.code, row]))
  t.equal(documented.size, rows.length, 'each code has one row')
  for (const [code, { status }] of failureKinds) t.equal(documented.get(code)?.status, status, code)
  for (const { code, remedy } of rows) {
    t.ok(failureKinds.has(code), code)
    t.ok(remedy.length > 10, `${code} has a remedy`)
  }
})

t.test('only 401 responses have a challenge', async t => {
  for (const [code, { status, challenge }] of failureKinds) t.equal(challenge !== undefined, status === 401, code)
})
