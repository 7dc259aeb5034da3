/** Too much work is waiting already. */
export class TurnsBusy extends Error {
  constructor () { super('too many passwords are waiting to be hashed') }
}

/** How much work may run at once, how much may wait, and how much of it for one group. */
export type TurnsOptions = { concurrency: number, queueMax: number, groupMax: number }

/** Runs work within the bounds. @throws TurnsBusy */
export type Turns = <T>(group: string, work: () => Promise<T>) => Promise<T>

/**
 * A bounded queue in which groups take turns: however much one group has waiting, the work of another waits for one
 * piece of each group at most.
 */
export function createTurns ({ concurrency, queueMax, groupMax }: TurnsOptions): Turns {
  /** A map keeps its order of insertion: the group whose turn it is comes first. */
  const waiting = new Map<string, Array<() => void>>()
  let running = 0
  let queued = 0

  /** Resolves when it is this piece's turn; the place was freed by another one and is taken already. */
  function wait (group: string): Promise<void> {
    const line = waiting.get(group) ?? []
    if (queued >= queueMax || line.length >= groupMax) throw new TurnsBusy()
    waiting.set(group, line)
    queued++
    return new Promise(resolve => line.push(resolve))
  }

  function passOn () {
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
      passOn()
    }
  }
}
