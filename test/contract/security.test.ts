import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from '../../src/json/bounds.ts'
import { wireBounds } from '../../src/plugins/wire.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const rows = [...read('SECURITY.md').matchAll(/^\| ([^|]+) \| ([^|]+) \| ((?:`[^`]+`(?:, )?)+) \|$/gm)]

t.test('every promise of SECURITY.md names tests that are there', async t => {
  t.ok(rows.length >= 30, `${rows.length} promises`)
  for (const [, attack = '', promise = '', tests = ''] of rows) {
    t.ok(promise.length > 10, attack)
    for (const [, path = ''] of tests.matchAll(/`([^`]+)`/g)) {
      t.ok(existsSync(fileURLToPath(new URL(path, root))), `${attack}: ${path}`)
    }
  }
})

t.test('every test of attacks and faults stands behind a promise', async t => {
  for (const folder of ['test/security', 'test/faults', 'test/replicas', 'test/properties']) {
    for (const name of readdirSync(new URL(folder, root))) {
      t.ok(rows.some(([, , , tests = '']) => tests.includes(`${folder}/${name}`)), `${folder}/${name}`)
    }
  }
})

t.test('docs/limits.md says what the wire is bound to', async t => {
  const document = read('docs/limits.md')
  const bounds = wireBounds
  for (const cell of [
    `${bounds.headersBytesMax - 1} bytes`, `${bounds.paramLengthMax} characters`, `${bounds.bodyBytesMax / 2 ** 20} MiB`,
    ...[bounds.headersTimeoutMs, bounds.requestTimeoutMs]
      .map(ms => `${ms / 1000} s, checked every ${bounds.checkEveryMs / 1000} s`),
    `${bounds.connectionTimeoutMs / 1000} s`,
    String(JSON_DEPTH_MAX), `${JSON_VALUES_MAX} (an empty list or object counts as two)`
  ]) t.ok(document.includes(`| ${cell} |`), cell)
})
