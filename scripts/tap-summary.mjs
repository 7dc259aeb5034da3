// Reads a TAP report with the parser of tap.
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

/**
 * @param {string} path a report in TAP
 * @returns {{ passed: number, failed: number, skipped: number, measured: string[], acknowledged: number, lost: number,
 *   failures: string[], ran: string[] }} assertions, at whatever depth; the comments that begin with `measured: `; the
 *   writes that the faults acknowledged and lost; what failed, with where and how; and the tests that ran and passed,
 *   each as `FILE › TITLE` with its file below `test/`
 */
export function countAssertions (path) {
  const counts = { passed: 0, failed: 0, skipped: 0, measured: [], acknowledged: 0, lost: 0, failures: [], ran: [] }
  const watch = parser => {
    parser.on('child', watch)
    parser.on('comment', text => {
      const [, acknowledged, lost] = /^# books: acknowledged (\d+), lost (\d+)/.exec(text) ?? []
      counts.acknowledged += Number(acknowledged ?? 0)
      counts.lost += Number(lost ?? 0)
      if (text.startsWith('# measured: ')) counts.measured.push(text.slice(2).trimEnd())
    })
    parser.on('assert', ({ ok, skip, name, diag }) => {
      const file = /^\/?test\/([\w/.-]+\.test\.ts)/.exec(parser.fullname.trim())?.[1]
      if (ok && !skip && file && parser.level <= 2) counts.ran.push(`${file} › ${name}`)
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

/**
 * @param {readonly string[]} documents texts that name tests as `FILE › TITLE`, in backquotes
 * @param {readonly string[]} ran the tests that ran and passed
 * @returns {string[]} those that are named and did not
 */
export function missedPromises (documents, ran) {
  const known = new Set(ran)
  const named = documents.flatMap(text => [...text.matchAll(/`([\w/.-]+\.test\.ts › [^`]+)`/g)].map(([, name]) => name))
  return [...new Set(named)].filter(name => !known.has(name))
}
