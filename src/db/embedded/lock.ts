import { setTimeout as sleep } from 'node:timers/promises'
import { addClaim, type Claim, listClaims, removeClaim, renewClaim } from './claims.ts'
import { type Identity, ownIdentity, processState } from './identity.ts'

export type LockTimings = {
  /** Interval at which a holder renews its claim and checks that it still exists. */
  renewMs: number
  /** A claim is stale if it was not renewed for this long while this process watched it. */
  staleMs: number
  /** Interval between two reads of the other claims. */
  pollMs: number
  /** Time limit for processes that start together to agree on the holder. */
  agreeMs: number
}

export const lockTimings: LockTimings = { renewMs: 2000, staleMs: 15_000, pollMs: 50, agreeMs: 5000 }

export type LockOptions = {
  timings?: LockTimings | undefined
  /** Called when another process took the lock. This process must stop writing and exit immediately. */
  onLost: () => void
  /** Called once before waiting for a holder whose state is unknown. */
  onWait: (holder: Claim, seconds: number) => void
  /** For tests. */
  identity?: Identity
}

export type Lock = {
  /**
   * Must be called before each write. Checks the claim if its renewal is late, for example after the process was
   * paused.
   * @throws LockUnverified if another process may have taken the lock
   */
  check: () => void
  release: () => void
}

/** Another process has the lock. */
export class LockHeld extends Error {
  readonly holder: Claim
  constructor (holder: Claim) {
    super('another process has the lock')
    this.holder = holder
  }
}

/** The claim could not be read or renewed for so long that another process may have taken the lock. */
export class LockUnverified extends Error {
  readonly code = '58030' // io_error (PostgreSQL manual, appendix A): treated as an unavailable database
  constructor (cause: unknown) { super('the lock of the embedded database cannot be renewed', { cause }) }
}

/** After a stale claim is removed, its holder has two renewal intervals to notice, if it is still running. */
const graceMs = ({ renewMs }: LockTimings) => 2.5 * renewMs

/**
 * Waits until only claims of ended or unresponsive processes are left.
 * @throws LockHeld as soon as a holder is known to be running
 */
async function waitForOthers (
  folder: string, own: Identity, timings: LockTimings, onWait: LockOptions['onWait']
): Promise<{ obsolete: Claim[], isStale: boolean }> {
  const since = performance.now()
  let watched: Map<string, string> | undefined
  for (;;) {
    const claims = listClaims(folder).map(claim =>
      ({ claim, verdict: claim.identity ? processState(claim.identity, own) : 'unsure' }))
    for (const { claim, verdict } of claims) {
      if (verdict === 'alive') throw new LockHeld(claim)
      // The claim is new or was renewed since the first read.
      if (verdict === 'unsure' && watched && watched.get(claim.token) !== claim.beat) throw new LockHeld(claim)
    }
    const unsure = claims.filter(({ verdict }) => verdict === 'unsure').map(({ claim }) => claim)
    const obsolete = claims.map(({ claim }) => claim)
    if (unsure.length === 0) return { obsolete, isStale: false }
    if (performance.now() - since >= timings.staleMs) return { obsolete, isStale: true }
    if (!watched && unsure[0]) onWait(unsure[0], Math.ceil((timings.staleMs + graceMs(timings)) / 1000))
    watched ??= new Map(unsure.map(({ token, beat }) => [token, beat]))
    await sleep(timings.pollMs)
  }
}

/** Renews a claim until it is released, and calls `onLost` if the claim no longer exists. */
function hold (folder: string, claim: Claim, { renewMs, staleMs }: LockTimings, onLost: () => void): Lock {
  let renewedAt = performance.now()
  let state: 'held' | 'lost' | 'released' = 'held'
  const renew = () => {
    const now = performance.now()
    if (renewClaim(claim)) {
      renewedAt = now
      return
    }
    state = 'lost'
    clearInterval(timer)
    onLost()
  }
  const timer = setInterval(() => {
    try {
      renew()
    } catch {
      // The next interval retries. `check` uses the time of the last successful renewal.
    }
  }, renewMs).unref()
  return {
    check: () => {
      if (state === 'held' && performance.now() - renewedAt < 2 * renewMs) return
      try {
        if (state === 'held') renew()
      } catch (cause) {
        if (performance.now() - renewedAt > staleMs - 2 * renewMs) throw new LockUnverified(cause)
      }
      if (state !== 'held') throw new LockUnverified(`the lock is ${state}`)
    },
    release: () => {
      state = 'released'
      clearInterval(timer)
      removeClaim(folder, claim)
    }
  }
}

/** Decides between claims that were added at the same time. @returns whether this claim is the only one left */
async function isOnlyClaim (folder: string, own: Claim, identity: Identity, timings: LockTimings): Promise<boolean> {
  const since = performance.now()
  for (;;) {
    const claims = listClaims(folder)
    if (!claims.some(({ token }) => token === own.token)) return false
    const rivals = claims.filter(({ token, identity: other }) =>
      token !== own.token && !(other && processState(other, identity) === 'dead'))
    if (rivals.length === 0) return true
    const isFirst = rivals.every(({ token }) => own.token < token)
    if (!isFirst || performance.now() - since > timings.agreeMs) return false
    await sleep(timings.pollMs)
  }
}

/**
 * Takes a lock that only one process can have at a time: on one machine, in several containers or on shared storage.
 *
 * Each process adds a claim, lists all claims, and has the lock only if no other claim is left. If two processes do
 * this at the same time, at least one sees the other's claim. The process with the larger token withdraws, and the one
 * with the smaller token waits until it has. A claim file is never replaced, so it cannot change between a check and
 * the action that follows.
 *
 * @param folder contains the claims; created if necessary
 * @throws LockHeld if another process has the lock or is taking it; the system's error if the folder cannot be used
 */
export async function takeLock (
  folder: string, { timings = lockTimings, onLost, onWait, identity = ownIdentity() }: LockOptions
): Promise<Lock> {
  for (;;) {
    const { obsolete, isStale } = await waitForOthers(folder, identity, timings, onWait)
    const claim = addClaim(folder, identity)
    let isHeld = false
    const lock = hold(folder, claim, timings, () => { if (isHeld) onLost() })
    for (const each of obsolete) removeClaim(folder, each)
    if (isStale) await sleep(graceMs(timings))
    isHeld = await isOnlyClaim(folder, claim, identity, timings)
    if (isHeld) return lock
    lock.release()
  }
}
