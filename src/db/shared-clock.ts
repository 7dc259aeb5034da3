/** If the machine's clock and the elapsed time differ by more than this, the database is asked again. */
const STEP_MS = 1000

/** A known moment of the shared clock, and both local clocks at that moment. */
type Reading = { ms: number, wallMs: number, elapsedMs: number }

type Dependencies = {
  /** Reads the clock that all replicas share. */
  readShared: () => Promise<Date>
  wallMs?: () => number
  /** Milliseconds elapsed, monotonic: never set, and it stops while the machine sleeps. */
  elapsedMs?: () => number
  onError: (error: unknown) => void
}

export type SharedClock = {
  /** The shared time; that of this machine until the first `sync`. */
  now: () => Date
  /** Reads the shared clock again. @throws what `readShared` throws */
  sync: () => Promise<void>
}

/**
 * A clock that all replicas share, carried on by the time that elapses here. A machine whose own clock is wrong, or is
 * set while the process runs, agrees with the others. A sleep of the machine is noticed by comparing both local clocks.
 */
export function createSharedClock (
  { readShared, wallMs = Date.now, elapsedMs = () => performance.now(), onError }: Dependencies
): SharedClock {
  let reading: Reading = { ms: wallMs(), wallMs: wallMs(), elapsedMs: elapsedMs() }
  let syncing: Promise<void> | undefined

  async function read (): Promise<void> {
    const asked = elapsedMs()
    const shared = await readShared()
    const answered = elapsedMs()
    // The value was read at some moment between question and answer.
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
