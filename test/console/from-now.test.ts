import t from 'tap'
import { fromNow } from '../../src/console/parts/tables/from-now.ts'

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]

t.test('relative times are rounded to the nearest unit', async t => {
  const now = Date.parse('2026-11-28T12:00:00Z')
  for (const [seconds, expected] of [
    [0, 'just now'], [29, 'just now'], [31, 'in 1 minute'], [-50, '1 minute ago'],
    [59 * MINUTE, 'in 59 minutes'], [59 * MINUTE + 40, 'in 1 hour'], [-90 * MINUTE, '1 hour ago'],
    [-23.6 * HOUR, '1 day ago'], [30 * DAY - 5, 'in 30 days'], [-29.6 * DAY, '30 days ago'],
    [90 * DAY - 5, 'in 90 days'],
    [92 * DAY, 'in 3 months'], [365 * DAY - 5, 'in 1 year'], [-800 * DAY, '2 years ago']
  ] as const) t.equal(fromNow(new Date(now + seconds * 1000), now), expected, `${seconds} s`)
})
