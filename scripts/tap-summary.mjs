// Reads a TAP report with tap's own parser.
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

/**
 * @param {string} path a report in TAP
 * @returns {{ passed: number, failed: number, skipped: number, measured: string[], failures: string[] }} assertions, at
 *   whatever depth, the comments that begin with `measured: `, and what failed, with where and how
 */
export function countAssertions (path) {
  const counts = { passed: 0, failed: 0, skipped: 0, measured: [], failures: [] }
  const watch = parser => {
    parser.on('child', watch)
    parser.on('comment', text => {
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
