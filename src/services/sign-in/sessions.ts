import { randomUUID } from 'node:crypto'
import type { BegunSession, Db, NewSession, Prisma, SessionState, Transaction, Writes } from '../../db.ts'
import { InvalidRefreshToken, SessionNotFound } from '../../errors.ts'
import type { Access } from '../access/access-cache.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { EventFacts } from '../audit/events.ts'

/** For how long the refresh token before the present one still gives the present one: several tabs, lost answers. */
export const ROTATION_GRACE_SECONDS = 10

export type SignInMethod = 'password' | 'auto_login'

/** Why a session ended, as it is stored. */
export type EndReason =
  'logout' | 'revoked' | 'superseded' | 'refresh_reuse' | 'password_changed' | 'password_reset' | 'deactivated'

/** Where a sign-in came from, as far as the transport knows. */
export type Origin = { userAgent?: string | undefined, address?: string | undefined }

const state = { id: true, userId: true, generation: true, rotatedAt: true, expiresAt: true } as const

/** What an account may see of its sessions. */
export const sessionColumns = {
  id: true, method: true, createdAt: true, rotatedAt: true, expiresAt: true, userAgent: true, address: true
} as const satisfies Prisma.SessionSelect

export type PublicSession = Prisma.SessionGetPayload<{ select: typeof sessionColumns }>

/** Which sessions of an account to end: all of them unless told otherwise. */
export type Extent = { only?: string | undefined, except?: string | undefined }

type Dependencies = {
  db: Db
  writes: Writes
  clock: Clock
  access: Access
  /** Greatest age of a session, however often it is refreshed. */
  sessionExpireSeconds: number
  /** A session that is not refreshed for so long is over, too. */
  refreshTokenExpireSeconds: number
  /** How many open sessions an account may have: a further one ends the oldest. */
  maxSessionsPerAccount: number
  /** Whether sessions that auto login began are still good. */
  autoLogin: boolean
}

const later = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000)

/** Sessions: begun by a sign-in, carried on by refreshes, ended once and for all. */
export function createSessions (
  {
    db, writes, clock, access, sessionExpireSeconds, refreshTokenExpireSeconds, maxSessionsPerAccount, autoLogin
  }: Dependencies) {
  /** Sessions that auto login began are good while it is on. */
  const methods: SignInMethod[] = autoLogin ? ['password', 'auto_login'] : ['password']
  const idleSince = (now: Date) => later(now, -refreshTokenExpireSeconds)

  /** Which sessions still count at `now`; `isLive` says the same of one that was read. */
  const live = (now: Date) => ({
    endedAt: null,
    expiresAt: { gt: now },
    rotatedAt: { gt: idleSince(now) },
    method: { in: methods }
  })

  function isLive (session: { method: string, rotatedAt: Date, sessionExpiresAt: Date }): boolean {
    const now = clock()
    return session.sessionExpiresAt > now && session.rotatedAt > idleSince(now) &&
      methods.some(method => method === session.method)
  }

  /** The columns of a session that begins now. */
  function newSession (method: SignInMethod, { userAgent, address }: Origin) {
    const now = clock()
    return {
      id: randomUUID(),
      method,
      now,
      expiresAt: later(now, sessionExpireSeconds),
      userAgent: userAgent?.slice(0, 512).toWellFormed() ?? null,
      address: address ?? null
    }
  }

  /**
   * Ends access by token, in the transaction of the change that calls for it: every such change passes here.
   * @returns how many sessions ended by it; already ended or unknown is fine
   */
  async function revoke (
    tx: Transaction, userId: string, reason: EndReason, { only, except }: Extent = {}
  ): Promise<number> {
    const id = { ...(only === undefined ? {} : { equals: only }), ...(except === undefined ? {} : { not: except }) }
    const { count } = await tx.session.updateMany({
      where: { userId, endedAt: null, id }, data: { endedAt: clock(), endReason: reason }
    })
    return count
  }

  return {
    isLive,
    revoke,

    /**
     * Begins a session of an account, and notes it there with what else changes by a sign-in.
     * @param user as it was seen, and what it becomes
     * @returns undefined when it is gone, inactive, or not as it was seen
     */
    async begin (
      user: NewSession['user'], method: SignInMethod, origin: Origin
    ): Promise<BegunSession | undefined> {
      const session = await writes.beginSession({
        ...newSession(method, origin), user, sessionsMax: maxSessionsPerAccount
      })
      if (session && session.superseded > 0) access.forget()
      return session
    },

    /** Begins a session in the transaction that changed the credential of its account. */
    beginIn (
      tx: Transaction, { id: userId, credentialsVersion }: { id: string, credentialsVersion: number },
      method: SignInMethod, origin: Origin
    ): Promise<SessionState> {
      const { now, ...session } = newSession(method, origin)
      return tx.session.create({
        data: { ...session, userId, credentialsVersion, createdAt: now, rotatedAt: now }, select: state
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
      const advanced = await writes.rotateSession({ id, userId, generation, now, idleSince: idleSince(now), methods })
      if (advanced) return advanced

      const present = await db.session.findFirst({
        where: { id, userId, ...live(now), user: { isActive: true } },
        select: state
      })
      if (!present || generation > present.generation) throw new InvalidRefreshToken()
      const inGrace = now < later(present.rotatedAt, ROTATION_GRACE_SECONDS)
      if (generation === present.generation - 1 && inGrace) return present

      await access.change(tx => revoke(tx, userId, 'refresh_reuse', { only: id }))
      const event: EventFacts = { event: 'refresh_reuse', sid: id, user: userId }
      throw new InvalidRefreshToken(undefined, { events: [event] })
    },

    /** One page of the open sessions of an account, the latest first. */
    async list (
      userId: string, { skip, limit }: { skip: number, limit: number }
    ): Promise<{ total: number, sessions: PublicSession[] }> {
      const where = { userId, ...live(clock()) }
      const [total, sessions] = await Promise.all([
        db.session.count({ where }),
        db.session.findMany({
          where, skip, take: limit, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }], select: sessionColumns
        })
      ])
      return { total, sessions }
    },

    /** Ends one session, or all, of an account. @returns how many */
    end: (userId: string, reason: EndReason, extent: Extent = {}): Promise<number> =>
      access.change(tx => revoke(tx, userId, reason, extent)),

    /** Ends the session of an account that has that id. @throws SessionNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const count = await access.change(tx => revoke(tx, userId, 'revoked', { only: id }))
      if (count === 0) throw new SessionNotFound()
    }
  }
}

export type Sessions = ReturnType<typeof createSessions>
