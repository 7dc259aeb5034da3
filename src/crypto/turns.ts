/** The queue is full. */
export class TurnsBusy extends Error {
  constructor () { super('too many passwords are waiting to be hashed') }
}

/** Limits for running work, for waiting work, and for waiting work of one group. */
export type TurnsOptions = { concurrency: number, queueMax: number, groupMax: number }

/** Runs work within the limits. @throws TurnsBusy */
export type Turns = <T>(group: string, work: () => Promise<T>) => Promise<T>

/**
 * A bounded, fair queue. Groups take turns, so work waits for at most one item of each other group, however many items
 * a group has queued.
 */
export function createTurns ({ concurrency, queueMax, groupMax }: TurnsOptions): Turns {
  /** A map keeps its insertion order: the next group is the first entry. */
  const waiting = new Map<string, Array<() => void>>()
  let running = 0
  let queued = 0

  /** Resolves when it is this item's turn. The item takes over the slot of the one that ended. */
  function wait (group: string): Promise<void> {
    const line = waiting.get(group) ?? []
    if (queued >= queueMax || line.length >= groupMax) throw new TurnsBusy()
    waiting.set(group, line)
    queued++
    return new Promise(resolve => line.push(resolve))
  }

  function startNext () {
    const [next] = waiting
    if (!next) {
      running--
      return
    }
    const [group, line] = next
    const start = line.shift()
    waiting.delete(group)
    if (line.length > 0) waiting.set(group, line)
    queued--
    start?.()
  }

  return async (group, work) => {
    if (running < concurrency) running++
    else await wait(group)
    try {
      return await work()
    } finally {
      startNext()
    }
  }
}
