// Counts a TAP report with tap's own parser.
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

/**
 * @param {string} path a report in TAP
 * @returns {{ passed: number, failed: number, skipped: number }} assertions, at whatever depth
 */
export function countAssertions (path) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const watch = parser => {
    parser.on('child', watch)
    parser.on('assert', ({ ok, skip, name }) => {
      if (skip) counts.skipped++
      else if (ok) counts.passed++
      else counts.failed++
      return name
    })
  }
  const parser = new Parser()
  watch(parser)
  parser.end(readFileSync(path, 'utf8'))
  return counts
}
