import type { Db } from '../db.ts'
import type { Clock } from './clock.ts'
import { tryLock } from './locks.ts'

/** How often a process looks for sessions to remove. */
const INTERVAL_MS = 60_000
/** For how long an ended session is kept, for whoever looks into what happened. */
const KEPT_MS = 3_600_000
/** Rows of one transaction: short enough to be in nobody's way. */
const BATCH = 1000

type Dependencies = { db: Db, clock: Clock, onError: (error: unknown) => void }

/** Removes sessions and counts that are over, in batches, on one replica at a time. */
export function createCleaner ({ db, clock, onError }: Dependencies) {
  /** @returns how many it removed; none when another replica is at it */
  const removeBatch = () => db.$transaction(async tx => {
    if (!await tryLock(tx, 'cleaning')) return 0
    const now = clock()
    const over = await tx.session.findMany({
      where: { OR: [{ expiresAt: { lt: now } }, { endedAt: { lt: new Date(now.getTime() - KEPT_MS) } }] },
      select: { id: true },
      take: BATCH
    })
    if (over.length === 0) return 0
    const { count } = await tx.session.deleteMany({ where: { id: { in: over.map(({ id }) => id) } } })
    return count
  })

  /** Counts that are over; another replica at it only means that there are fewer. */
  const removeCounts = () => db.failureCount.deleteMany({ where: { expiresAt: { lt: clock() } } })

  /** Everything that is over now. */
  async function clean (): Promise<number> {
    let total = 0
    for (let removed = BATCH; removed === BATCH;) {
      removed = await removeBatch()
      total += removed
    }
    await removeCounts()
    return total
  }

  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= clean().catch(onError).finally(() => { running = undefined })
  }, INTERVAL_MS).unref()

  return {
    clean,
    /** Waits for a batch under way. */
    async close () {
      clearInterval(timer)
      await running
    }
  }
}
