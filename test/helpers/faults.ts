import type { Test } from 'tap'
import { lostOf } from './writers.ts'

/** `npm run test:faults` goes on for longer than `npm test`. */
const isLong = process.env['FLOWGATE_TEST_FAULTS'] === 'long'

/** How often a fault is made: as often as it takes to see it, or as often as there is time for. */
export const rounds = (few: number, many: number) => isLong ? many : few

/** Keeps the books of a file of faults, and tells what was acknowledged and lost at its end; scripts/test.mjs adds. */
export function keepBooks (t: Test) {
  const sum = { acknowledged: 0, lost: 0 }
  t.teardown(() => t.comment(`books: acknowledged ${sum.acknowledged}, lost ${sum.lost}`))
  return async (t: Test, url: string, headers: Record<string, string>, acknowledged: string[]) => {
    const lost = await lostOf(url, headers, acknowledged)
    sum.acknowledged += acknowledged.length
    sum.lost += lost.length
    t.strictSame(lost, [], `${acknowledged.length} acknowledged writes are there`)
  }
}
