/** The shared clock is read again if the local clock and the elapsed time differ by more than this. */
const STEP_MS = 1000

/** A reading of the shared clock, and of both local clocks at that time. */
type Reading = { ms: number, wallMs: number, elapsedMs: number }

type Dependencies = {
  /** Reads the clock that all replicas share. */
  readShared: () => Promise<Date>
  wallMs?: () => number
  /** Monotonic clock in milliseconds. It is never adjusted, and it stops while the machine sleeps. */
  elapsedMs?: () => number
  onError: (error: unknown) => void
}

export type SharedClock = {
  /** The shared time; the local time until the first `sync`. */
  now: () => Date
  /** Reads the shared clock again. @throws what `readShared` throws */
  sync: () => Promise<void>
}

/**
 * A clock that all replicas share, extrapolated by the time that elapses locally. A local clock that is wrong, or is
 * adjusted while the process runs, has no effect. A sleep of the machine is detected by comparing both local clocks.
 */
export function createSharedClock (
  { readShared, wallMs = Date.now, elapsedMs = () => performance.now(), onError }: Dependencies
): SharedClock {
  let reading: Reading = { ms: wallMs(), wallMs: wallMs(), elapsedMs: elapsedMs() }
  let syncing: Promise<void> | undefined

  async function read (): Promise<void> {
    const startedAt = elapsedMs()
    const shared = await readShared()
    const endedAt = elapsedMs()
    // The clock was read between the request and the response; half the round trip is the best estimate.
    reading = { ms: shared.getTime() + (endedAt - startedAt) / 2, wallMs: wallMs(), elapsedMs: endedAt }
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
