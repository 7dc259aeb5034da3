import type { Test } from 'tap'
import { lostOf } from './writers.ts'

/** `npm run test:faults` runs longer than `npm test`. */
const isLong = process.env['FLOWGATE_TEST_FAULTS'] === 'long'

/** Number of faults: the minimum to detect an error, or as many as time permits. */
export const rounds = (few: number, many: number) => isLong ? many : few

/** Counts acknowledged and lost writes of a test file and prints the sums; scripts/test.mjs adds them up. */
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
