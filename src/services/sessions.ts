import type { Db, Transaction } from '../db.ts'
import { InvalidRefreshToken } from '../errors.ts'
import type { Clock } from './clock.ts'

/** For how long the refresh token before the present one still gives the present one: several tabs, lost answers. */
export const ROTATION_GRACE_SECONDS = 10

export type SignInMethod = 'password' | 'auto_login'

/** Why a session ended, as it is stored. */
export type EndReason = 'logout' | 'refresh_reuse' | 'password_changed' | 'password_reset' | 'deactivated'

/** Where a sign-in came from, as far as the transport knows. */
export type Origin = { userAgent?: string | undefined, address?: string | undefined }

/** What tokens are made of. */
export type SessionState = {
  id: string, userId: string, generation: number, rotatedAt: Date, expiresAt: Date
}

const state = { id: true, userId: true, generation: true, rotatedAt: true, expiresAt: true } as const

type Dependencies = {
  db: Db
  clock: Clock
  sessionExpireSeconds: number
  /** Whether sessions that auto login began are still good. */
  autoLogin: boolean
  onReuse: (session: { id: string, userId: string }) => void
}

const later = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000)

/** Sessions: begun by a sign-in, carried on by refreshes, ended once and for all. */
export function createSessions ({ db, clock, sessionExpireSeconds, autoLogin, onReuse }: Dependencies) {
  /** Which sessions still count at `now`. */
  const live = (now: Date) => ({
    endedAt: null,
    expiresAt: { gt: now },
    ...(autoLogin ? {} : { method: 'password' satisfies SignInMethod })
  })

  return {
    live,

    /** Begins a session inside the transaction that checked the sign-in. */
    begin (
      tx: Transaction, userId: string, method: SignInMethod, { userAgent, address }: Origin
    ): Promise<SessionState> {
      const now = clock()
      return tx.session.create({
        data: {
          userId,
          method,
          rotatedAt: now,
          createdAt: now,
          expiresAt: later(now, sessionExpireSeconds),
          userAgent: userAgent?.slice(0, 512) ?? null,
          address: address ?? null
        },
        select: state
      })
    },

    /**
     * Exchanges a refresh token for its successor (RFC 9700, 4.14.2: refresh token rotation).
     * The present one advances the session; the one before it gets the same successor within the grace;
     * an older one has been used twice, by its owner and by a thief, and ends the session for both.
     * @throws InvalidRefreshToken in every other case
     */
    async rotate (id: string, userId: string, generation: number): Promise<SessionState> {
      const now = clock()
      const [advanced] = await db.session.updateManyAndReturn({
        where: { id, userId, generation, ...live(now), user: { isActive: true } },
        data: { generation: { increment: 1 }, rotatedAt: now },
        select: state
      })
      if (advanced) return advanced

      const present = await db.session.findFirst({
        where: { id, userId, ...live(now), user: { isActive: true } },
        select: state
      })
      if (!present || generation > present.generation) throw new InvalidRefreshToken()
      const inGrace = now < later(present.rotatedAt, ROTATION_GRACE_SECONDS)
      if (generation === present.generation - 1 && inGrace) return present

      await db.session.updateMany({
        where: { id, endedAt: null }, data: { endedAt: now, endReason: 'refresh_reuse' satisfies EndReason }
      })
      onReuse(present)
      throw new InvalidRefreshToken()
    },

    /** Moves a session on by one, so that its refresh token changes with the password. */
    async advance (tx: Transaction, id: string): Promise<SessionState | undefined> {
      const now = clock()
      const [session] = await tx.session.updateManyAndReturn({
        where: { id, ...live(now) }, data: { generation: { increment: 1 }, rotatedAt: now }, select: state
      })
      return session
    },

    /** Ends one session of an account; already ended or unknown is fine. */
    async end (id: string, userId: string, reason: EndReason): Promise<void> {
      await db.session.updateMany({
        where: { id, userId, endedAt: null }, data: { endedAt: clock(), endReason: reason }
      })
    },

    /** Ends every session of an account, or all but one, in the transaction of the change that calls for it. */
    async endAll (tx: Transaction, userId: string, reason: EndReason, { except }: { except?: string } = {}) {
      await tx.session.updateMany({
        where: { userId, endedAt: null, ...(except === undefined ? {} : { id: { not: except } }) },
        data: { endedAt: clock(), endReason: reason }
      })
    }
  }
}

export type Sessions = ReturnType<typeof createSessions>
