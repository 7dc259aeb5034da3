// Reads a TAP report with tap's own parser.
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

/**
 * @param {string} path a report in TAP
 * @returns {{ passed: number, failed: number, skipped: number, measured: string[], acknowledged: number, lost: number,
 *   failures: string[] }} assertions, at whatever depth; the comments that begin with `measured: `; the writes that the
 *   faults acknowledged and lost; and what failed, with where and how
 */
export function countAssertions (path) {
  const counts = { passed: 0, failed: 0, skipped: 0, measured: [], acknowledged: 0, lost: 0, failures: [] }
  const watch = parser => {
    parser.on('child', watch)
    parser.on('comment', text => {
      const [, acknowledged, lost] = /^# books: acknowledged (\d+), lost (\d+)/.exec(text) ?? []
      counts.acknowledged += Number(acknowledged ?? 0)
      counts.lost += Number(lost ?? 0)
      if (text.startsWith('# measured: ')) counts.measured.push(text.slice(2).trimEnd())
    })
    parser.on('assert', ({ ok, skip, name, diag }) => {
      if (skip) counts.skipped++
      else if (ok) counts.passed++
      else counts.failed++
      const where = diag?.at ? `\n  ${diag.at.fileName}:${diag.at.lineNumber}` : ''
      const how = diag?.diff ?? diag?.message ?? diag?.stack ?? ''
      if (!ok && !skip) counts.failures.push(`not ok: ${parser.fullname} > ${name}${where}\n${how}`)
      return name
    })
  }
  const parser = new Parser()
  watch(parser)
  parser.end(readFileSync(path, 'utf8'))
  return counts
}
