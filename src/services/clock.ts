/** Where services learn the time: a test may bring its own. */
export type Clock = () => Date

/** How far the machine's clock and the time that went by may drift apart before the database is asked anew. */
const STEP_MS = 1000

/** What is measured against: a moment, and both of the machine's clocks at it. */
type Reading = { ms: number, wallMs: number, elapsedMs: number }

type Dependencies = {
  /** The time of the clock that all replicas share. */
  readShared: () => Promise<Date>
  wallMs?: () => number
  /** Milliseconds that went by: never set, and blind to a machine that sleeps. */
  elapsedMs?: () => number
  onError: (error: unknown) => void
}

/**
 * The shared clock, carried on by the time that goes by here: a machine whose own clock is wrong, or is set while it
 * runs, agrees with all the others. What it cannot notice by itself is looked up with `sync`.
 */
export function createSharedClock (
  { readShared, wallMs = Date.now, elapsedMs = () => performance.now(), onError }: Dependencies
) {
  let reading: Reading = { ms: wallMs(), wallMs: wallMs(), elapsedMs: elapsedMs() }
  let syncing: Promise<void> | undefined

  async function read (): Promise<void> {
    const asked = elapsedMs()
    const shared = await readShared()
    const answered = elapsedMs()
    // It was read somewhere between the question and the answer.
    reading = { ms: shared.getTime() + (answered - asked) / 2, wallMs: wallMs(), elapsedMs: answered }
  }

  const sync = (): Promise<void> => (syncing ??= read().finally(() => { syncing = undefined }))

  function now (): Date {
    const passedMs = elapsedMs() - reading.elapsedMs
    const wallPassedMs = wallMs() - reading.wallMs
    if (Math.abs(wallPassedMs - passedMs) > STEP_MS && !syncing) sync().catch(onError)
    return new Date(reading.ms + passedMs)
  }

  return { now, sync }
}
