import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { countAssertions, missedPromises } from '../../scripts/tap-summary.mjs'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from '../../src/json/bounds.ts'
import { requestLimits } from '../../src/plugins/http/server-options.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const table = read('SECURITY.md').split('| attack or fault | guarantee | tests |')[1] ?? ''
const rows = [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].filter(([, attack]) => attack !== '---')

t.test('every guarantee of SECURITY.md names tests by file and title', async t => {
  t.ok(rows.length >= 60, `${rows.length} guarantees`)
  for (const [, attack = '', promise = '', tests = ''] of rows) {
    t.ok(promise.length > 3, attack)
    t.match(tests, /^`[\w/.-]+\.test\.ts › [^`]+`(, `[\w/.-]+\.test\.ts › [^`]+`)*$/, attack)
  }
})

t.test('tests that did not run, were skipped or failed are reported', async t => {
  const report = ['TAP version 14', '# Subtest: test/a.test.ts',
    '    # Subtest: one', '        ok 1 - fine', '        1..1', '    ok 1 - one',
    '    # Subtest: two', '        not ok 1 - bad', '        1..1', '    not ok 2 - two',
    '    ok 3 - three # SKIP no server', '    1..3', 'not ok 1 - test/a.test.ts', '1..1', ''].join('\n')
  const path = join(t.testdir({ 'report.tap': report }), 'report.tap')
  const { ran } = countAssertions(path)
  t.strictSame(missedPromises(['`a.test.ts › one`, `a.test.ts › two`', '`a.test.ts › three` `a.test.ts › four`'], ran),
    ['a.test.ts › two', 'a.test.ts › three', 'a.test.ts › four'])
})

t.test('every test file for attacks and faults belongs to a guarantee', async t => {
  for (const folder of ['test/security', 'test/faults', 'test/replicas', 'test/properties']) {
    for (const name of readdirSync(new URL(folder, root))) {
      t.ok(rows.some(([, , , tests = '']) => tests.includes(`\`${folder.replace('test/', '')}/${name} ›`)), `${folder}/${name}`)
    }
  }
})

t.test('docs/limits.md states the limits of requests', async t => {
  const document = read('docs/limits.md')
  const bounds = requestLimits
  for (const cell of [
    `${bounds.headersBytesMax - 1} bytes`, `${bounds.paramLengthMax} characters`, `${bounds.bodyBytesMax / 2 ** 20} MiB`,
    ...[bounds.headersTimeoutMs, bounds.requestTimeoutMs]
      .map(ms => `${ms / 1000} s, checked every ${bounds.checkEveryMs / 1000} s`),
    `${bounds.connectionTimeoutMs / 1000} s`,
    String(JSON_DEPTH_MAX), `${JSON_VALUES_MAX} (an empty list or object counts as two)`
  ]) t.ok(document.includes(`| ${cell} |`), cell)
})
