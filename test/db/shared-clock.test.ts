import t from 'tap'
import { createSharedClock } from '../../src/db/shared-clock.ts'
import { createCache } from '../../src/services/upkeep/cache.ts'
import { createClock } from '../helpers/clock.ts'

const HOUR = 3_600_000

/** The clocks of a machine and of a database, which the test controls. */
async function machine (wall = 0) {
  const at = { wall, elapsed: 0, shared: 1e12 }
  let reads = 0
  const { now, sync } = createSharedClock({
    readShared: async () => { reads++; return new Date(at.shared) },
    wallMs: () => at.wall,
    elapsedMs: () => at.elapsed,
    onError: () => {}
  })
  await sync()
  const pass = (ms: number) => { at.wall += ms; at.elapsed += ms; at.shared += ms }
  return { at, now: () => now().getTime(), sync, pass, reads: () => reads }
}

t.test('the time is the database\'s, regardless of the local clock', async t => {
  for (const wall of [0, 1e12 - HOUR, 1e12 + HOUR]) {
    const { at, now, pass } = await machine(wall)
    t.equal(now(), at.shared)
    pass(1234)
    t.equal(now(), at.shared)
  }
})

t.test('an adjusted local clock has no effect and causes a new reading', async t => {
  for (const step of [HOUR, -HOUR]) {
    const { at, now, pass, reads } = await machine()
    at.wall += step
    pass(10)
    t.equal(now(), at.shared)
    t.equal(reads(), 2)
    await new Promise(resolve => setImmediate(resolve))
    pass(10)
    t.equal(now(), at.shared)
    t.equal(reads(), 2, 'once')
  }
})

t.test('a sleep of the machine is detected', async t => {
  const { at, now } = await machine()
  at.wall += 8 * HOUR
  at.shared += 8 * HOUR
  now()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(now(), at.shared)
})

t.test('a cache entry with a lifetime of a second expires in time when the clock is set back', async t => {
  const clock = createClock()
  const memory = createCache<string>({ clock: clock.now, max: 10, ttlMs: 1000 })
  memory.set('a', 'x')
  t.equal(memory.get('a'), 'x')
  clock.advance(-3600)
  t.equal(memory.get('a'), undefined)
  clock.advance(3600)
  t.equal(memory.get('a'), undefined, 'nor later, when it is that time again')
  memory.set('b', 'x', new Date(clock.now().getTime() - 1))
  t.equal(memory.get('b'), undefined, 'nor beyond its own end')
})
