import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { createRateCounters, type RateCounters } from '../../src/db.ts'
import type { RateLimit } from '../../src/policy/api-keys/rate-limits.ts'
import { createRateLimits, type RateLimits } from '../../src/services/credentials/rate-limits.ts'
import { openMemory } from '../helpers/database.ts'

const START_MS = Date.parse('2026-11-29T00:00:00Z')
const HOUR_MS = 3_600_000
/** The longest time for which a counter is exhausted, beside its window. */
/** The longest window, and ten minutes. */
const AHEAD_MS = 24 * HOUR_MS + 600_000

/** Processes that share a database and a stopped clock. */
async function open (t: Test) {
  const database = await openMemory()
  const running: RateLimits[] = []
  t.teardown(async () => {
    await Promise.all(running.map(each => each.close()))
    await database.close()
  })
  const counters = createRateCounters(database.run)
  let nowMs = START_MS
  const errors: unknown[] = []
  const start = (charge: RateCounters['charge'] = counters.charge) => {
    const limits = createRateLimits({
      counters: { charge }, clock: () => new Date(nowMs), onError: error => errors.push(error)
    })
    running.push(limits)
    return limits
  }
  return { start, charge: counters.charge, advance: (ms: number) => { nowMs += ms }, errors }
}

const rateOf = (limit: number, windowSeconds: number) => ({ limit, windowSeconds, counterId: randomUUID() })

/** Takes until a request is refused. @returns how many were accepted, and the wait of the refused one */
function exhaust (limits: RateLimits, rate: RateLimit & { counterId: string }) {
  for (let accepted = 0; ; accepted++) {
    const waitMs = limits.take(rate)
    if (waitMs > 0) return { accepted, waitMs }
  }
}

t.test('one process accepts exactly the limit at once, and then one request in each interval', async t => {
  const { start, advance } = await open(t)
  const limits = start()
  const rate = rateOf(10, 5)
  t.strictSame(limits.remaining(rate), { requests: 10, resetSeconds: 0 })
  t.strictSame(exhaust(limits, rate), { accepted: 10, waitMs: 500 })
  t.strictSame(limits.remaining(rate), { requests: 0, resetSeconds: 5 })
  advance(499)
  t.equal(limits.take(rate), 1)
  advance(1)
  t.strictSame(exhaust(limits, rate), { accepted: 1, waitMs: 500 })
  advance(1250)
  t.strictSame(limits.remaining(rate), { requests: 2, resetSeconds: 4 })
  t.strictSame(exhaust(limits, rate), { accepted: 2, waitMs: 250 })
  advance(HOUR_MS)
  t.equal(exhaust(limits, rate).accepted, 10, 'the quota does not grow beyond the limit')
  t.equal(exhaust(limits, rateOf(3, 60)).accepted, 3, 'another counter has its own quota')
})

t.test('exchanges change nothing for one process, however often they run', async t => {
  const { start, advance } = await open(t)
  const limits = start()
  const rate = rateOf(7, 1)
  let accepted = 0
  for (let step = 0; step < 200; step++) {
    accepted += exhaust(limits, rate).accepted
    if (step % 3 === 0) await limits.exchange()
    advance(37)
  }
  t.equal(accepted, 7 + Math.floor(199 * 37 * 7 / 1000))
})

t.test('replicas learn of each other, and what they accepted in excess is repaid', async t => {
  const { start, advance } = await open(t)
  const [one, other] = [start(), start()]
  const rate = rateOf(10, 10)
  t.equal(exhaust(one, rate).accepted + exhaust(other, rate).accepted, 20, 'before they learn of each other')
  await one.exchange()
  await other.exchange()
  t.equal(other.take(rate), 11_000, 'the debt of ten requests and one more')
  await one.exchange()
  let accepted = 0
  for (let second = 0; second < 30; second++) {
    advance(1000)
    for (const limits of second % 2 === 0 ? [one, other] : [other, one]) {
      accepted += exhaust(limits, rate).accepted
      await limits.exchange()
    }
  }
  t.ok(accepted >= 20 && accepted <= 22, `${accepted} in 30 seconds with a debt of 10, at 1 per second`)
})

t.test('a restart does not reset a limit: the new process knows it after its first exchange', async t => {
  const { start, advance } = await open(t)
  const rate = rateOf(100, 3600)
  const before = start()
  t.equal(exhaust(before, rate).accepted, 100)
  await before.close()
  const after = start()
  t.equal(after.take(rate), 0, 'the first request')
  await after.exchange()
  t.ok(after.take(rate) > 0)
  t.equal(after.remaining(rate).requests, 0)
  advance(36_000)
  t.equal(exhaust(after, rate).accepted, 0, 'the first request is repaid')
  advance(36_000)
  t.equal(exhaust(after, rate).accepted, 1)
})

t.test('a database that fails during an exchange loses no charge', async t => {
  const { start, charge, errors } = await open(t)
  let isDown = true
  const one = start(async (charges, ceilingMs) => {
    if (isDown) throw new Error('the database is down')
    return charge(charges, ceilingMs)
  })
  const rate = rateOf(10, HOUR_MS / 1000)
  for (let n = 0; n < 4; n++) one.take(rate)
  await one.exchange()
  for (let n = 0; n < 3; n++) one.take(rate)
  await one.exchange()
  t.equal(errors.length, 2)
  t.equal(one.remaining(rate).requests, 3, 'the limit applies while the database is down')
  isDown = false
  await one.exchange()
  const other = start()
  other.take(rate)
  await other.exchange()
  t.equal(other.remaining(rate).requests, 2, 'seven of one process and one of the other')
})

t.test('an exchange that was stored but not confirmed is not counted twice', async t => {
  const { start, charge, errors } = await open(t)
  let isLost = true
  const one = start(async (charges, ceilingMs) => {
    const stored = await charge(charges, ceilingMs)
    if (isLost) throw new Error('the connection broke')
    return stored
  })
  const rate = rateOf(100, 3600)
  for (let n = 0; n < 10; n++) one.take(rate)
  for (let n = 0; n < 5; n++) await one.exchange()
  t.equal(errors.length, 5)
  isLost = false
  await one.exchange()
  t.equal(one.remaining(rate).requests, 90)
  const other = start()
  other.take(rate)
  await other.exchange()
  t.equal(other.remaining(rate).requests, 89)
})

t.test('thousands of counters are exchanged in batches', async t => {
  const { start, charge } = await open(t)
  const sizes: number[] = []
  const one = start(async (charges, ceilingMs) => {
    sizes.push(charges.length)
    return charge(charges, ceilingMs)
  })
  for (let n = 0; n < 2500; n++) one.take(rateOf(10, 60))
  await one.exchange()
  t.strictSame(sizes, [1000, 1000, 500])
})

t.test('requests that arrive during an exchange count beside those of other replicas', async t => {
  const { start, charge } = await open(t)
  const rate = rateOf(10, 3600)
  const other = start()
  for (let n = 0; n < 3; n++) other.take(rate)
  await other.exchange()
  let meanwhile = 2
  const one: RateLimits = start(async (charges, ceilingMs) => {
    for (; meanwhile > 0; meanwhile--) one.take(rate)
    return charge(charges, ceilingMs)
  })
  one.take(rate)
  await one.exchange()
  t.equal(one.remaining(rate).requests, 4, 'three of the other process, one that is stored, and two that are not')
  await one.exchange()
  other.take(rate)
  await other.exchange()
  t.equal(other.remaining(rate).requests, 3)
})

t.test('a clock that is set back exhausts a counter for at most a day and ten minutes', async t => {
  const { start, advance } = await open(t)
  const rate = rateOf(10, 60)
  const one = start()
  exhaust(one, rate)
  await one.exchange()
  advance(-50 * HOUR_MS)
  const afterwards = start()
  afterwards.take(rate)
  await afterwards.exchange()
  for (const [name, limits] of [['the same process', one], ['a new process', afterwards]] as const) {
    const waitMs = limits.take(rate)
    t.ok(waitMs > 0 && waitMs <= AHEAD_MS, `${name}: ${waitMs}`)
  }
  advance(AHEAD_MS)
  for (const limits of [one, afterwards]) t.equal(limits.take(rate), 0)
  const next = start()
  next.take(rate)
  await next.exchange()
  t.ok(next.take(rate) <= 60_000, 'nor does the shared counter keep the time of the wrong clock')
})

t.test('a clock that is set forward only ends the wait', async t => {
  const { start, advance } = await open(t)
  const rate = rateOf(10, 60)
  const one = start()
  exhaust(one, rate)
  advance(5 * HOUR_MS)
  t.equal(exhaust(one, rate).accepted, 10)
})
