import { setTimeout as sleep } from 'node:timers/promises'
import { addClaim, type Claim, listClaims, removeClaim, renewClaim } from './claims.ts'
import { type Identity, judge, ownIdentity } from './identity.ts'

export type LockTimings = {
  /** How often a holder renews its claim and looks whether it still has it. */
  renewMs: number
  /** A claim that was not renewed for so long, while this process watched, is stale. */
  staleMs: number
  /** Between two looks at the claims of others. */
  pollMs: number
  /** How long processes that start together may take to agree on one of them. */
  agreeMs: number
}

export const lockTimings: LockTimings = { renewMs: 2000, staleMs: 15_000, pollMs: 50, agreeMs: 5000 }

export type LockOptions = {
  timings?: LockTimings | undefined
  /** Called when another process took the lock: this one must end at once, and must not write any more. */
  onLost: () => void
  /** Called once before a wait for a holder of which nobody here can know whether it lives. */
  onWait: (holder: Claim, seconds: number) => void
  /** For tests. */
  identity?: Identity
}

export type Lock = {
  /**
   * Must be called before each write. Looks at the claim when its renewal is late, as after a pause of the process.
   * @throws LockUnverified when it cannot be told whether another process has taken the lock
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
  readonly code = '58030' // io_error of PostgreSQL's appendix A: the database is unavailable
  constructor (cause: unknown) { super('the lock of the embedded database cannot be renewed', { cause }) }
}

/** A stale claim is removed first; its holder, should it live after all, has the time of two renewals to notice. */
const settleMs = ({ renewMs }: LockTimings) => 2.5 * renewMs

/** Waits until no claim is left but of processes that are dead or silent. @throws LockHeld as soon as one lives */
async function outwait (
  folder: string, own: Identity, timings: LockTimings, onWait: LockOptions['onWait']
): Promise<{ obsolete: Claim[], isStale: boolean }> {
  const since = performance.now()
  let watched: Map<string, string> | undefined
  for (;;) {
    const claims = listClaims(folder).map(claim =>
      ({ claim, verdict: claim.identity ? judge(claim.identity, own) : 'unsure' }))
    for (const { claim, verdict } of claims) {
      if (verdict === 'alive') throw new LockHeld(claim)
      // New or renewed since the first look.
      if (verdict === 'unsure' && watched && watched.get(claim.token) !== claim.beat) throw new LockHeld(claim)
    }
    const unsure = claims.filter(({ verdict }) => verdict === 'unsure').map(({ claim }) => claim)
    const obsolete = claims.map(({ claim }) => claim)
    if (unsure.length === 0) return { obsolete, isStale: false }
    if (performance.now() - since >= timings.staleMs) return { obsolete, isStale: true }
    if (!watched && unsure[0]) onWait(unsure[0], Math.ceil((timings.staleMs + settleMs(timings)) / 1000))
    watched ??= new Map(unsure.map(({ token, beat }) => [token, beat]))
    await sleep(timings.pollMs)
  }
}

/** Renews a claim until it is released, and says when it is lost. */
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
      // Tried again soon; meanwhile `check` knows how long ago it went well.
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

/** Whether a claim that was just added is the only one, once all that were added at the same time have been settled. */
async function prevails (folder: string, own: Claim, identity: Identity, timings: LockTimings): Promise<boolean> {
  const since = performance.now()
  for (;;) {
    const claims = listClaims(folder)
    if (!claims.some(({ token }) => token === own.token)) return false
    const rivals = claims.filter(({ token, identity: other }) =>
      token !== own.token && !(other && judge(other, identity) === 'dead'))
    if (rivals.length === 0) return true
    const isFirst = rivals.every(({ token }) => own.token < token)
    if (!isFirst || performance.now() - since > timings.agreeMs) return false
    await sleep(timings.pollMs)
  }
}

/**
 * Takes a lock that one process has at a time, on one machine, in several containers or on shared storage.
 *
 * Each process adds a claim, then lists all claims, and has the lock only when no other claim is left. Of two that do
 * so at the same time, at least one sees the other: it withdraws unless its token is the smaller one, and the smaller
 * one waits for that. No file is ever replaced, so no check of a file can be overtaken by a change of it.
 *
 * @param folder where the claims are; made as needed
 * @throws LockHeld when another process has the lock or is taking it; the system's error when the folder fails
 */
export async function takeLock (
  folder: string, { timings = lockTimings, onLost, onWait, identity = ownIdentity() }: LockOptions
): Promise<Lock> {
  for (;;) {
    const { obsolete, isStale } = await outwait(folder, identity, timings, onWait)
    const claim = addClaim(folder, identity)
    let isHeld = false
    const lock = hold(folder, claim, timings, () => { if (isHeld) onLost() })
    for (const each of obsolete) removeClaim(folder, each)
    if (isStale) await sleep(settleMs(timings))
    isHeld = await prevails(folder, claim, identity, timings)
    if (isHeld) return lock
    lock.release()
  }
}
