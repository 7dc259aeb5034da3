import { randomUUID } from 'node:crypto'
import type { BegunSession, Db, Prisma, TokenState, Transaction, Writes } from '../../db.ts'
import { InvalidRefreshToken, SessionNotFound } from '../../errors.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { type Caller, sessionOf } from '../access/principal.ts'
import { type Clock, later } from '../upkeep/clock.ts'
import type { EventSink } from '../audit/sink.ts'

/**
 * How long the previous refresh token still returns the current one, in seconds: browsers refresh from several tabs at
 * once, and responses get lost.
 */
export const ROTATION_GRACE_SECONDS = 10

export type SignInMethodName = 'password' | 'auto_login'

/** The stored reason why a session ended. */
export type EndReason =
  'logout' | 'revoked' | 'superseded' | 'refresh_reuse' | 'password_changed' | 'password_reset' | 'deactivated'

/** Where a sign-in came from. */
export type SignInOrigin = Pick<Caller, 'userAgent' | 'address'>

/** The columns of which tokens are made. */
const tokenColumns = { id: true, userId: true, generation: true, rotatedAt: true, expiresAt: true } as const

/** The columns of a session that its account may see. */
export const sessionColumns = {
  id: true, method: true, createdAt: true, rotatedAt: true, expiresAt: true, userAgent: true, address: true
} as const satisfies Prisma.SessionSelect

export type PublicSession = Prisma.SessionGetPayload<{ select: typeof sessionColumns }>

/** What a sign-in established about an account. */
export type AuthenticatedAccount = {
  id: string
  /** The version of the credential that was verified; the session is refused if it changed. */
  credentialsVersion: number | undefined
  /** When the credential was verified. */
  authenticatedAt: Date
  /** New values of columns that a sign-in updates. */
  newPasswordHash?: string | undefined
  newKnownNetworks?: object | undefined
}

/** Which sessions of an account to end; by default all. */
type SessionSelection = { only?: string | undefined, except?: string | undefined }

type Dependencies = {
  db: Db
  writes: Writes
  clock: Clock
  access: AccessCache
  events: EventSink
  /** Maximum age of a session, however often it is refreshed. */
  sessionExpireSeconds: number
  /** A session that is not refreshed for this long expires. */
  refreshTokenExpireSeconds: number
  /** Maximum number of open sessions of an account. A further sign-in ends the oldest. */
  maxSessionsPerAccount: number
  /** Whether sessions begun by auto login are valid. */
  autoLogin: boolean
}

/** Sessions: a sign-in begins one, refreshes continue it, and it can be ended once. */
export function createSessions ({
  db, writes, clock, access, events, sessionExpireSeconds, refreshTokenExpireSeconds, maxSessionsPerAccount, autoLogin
}: Dependencies) {
  const methods: SignInMethodName[] = autoLogin ? ['password', 'auto_login'] : ['password']
  const idleSince = (now: Date) => later(now, -refreshTokenExpireSeconds)

  /** Filter for the sessions that are valid at `now`. `isLive` checks the same for a session that was read. */
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

  /** Whether a refresh token of this generation was replaced a moment ago: its response may have been lost. */
  const isInGrace = (session: { generation: number, rotatedAt: Date }, generation: number) =>
    generation === session.generation - 1 && clock() < later(session.rotatedAt, ROTATION_GRACE_SECONDS)

  const newSession = (authenticatedAt: Date, method: SignInMethodName, { userAgent, address }: SignInOrigin) => ({
    id: randomUUID(),
    method,
    now: authenticatedAt,
    expiresAt: later(authenticatedAt, sessionExpireSeconds),
    userAgent: userAgent?.slice(0, 512).toWellFormed() ?? null,
    address: address ?? null
  })

  /**
   * Ends sessions of an account, in the transaction of the change that requires it.
   * @returns how many were open
   */
  async function revoke (
    tx: Transaction, userId: string, reason: EndReason, { only, except }: SessionSelection = {}
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

    /** Whether a refresh token of this generation would be accepted, for a session that is live. */
    isRefreshable: (session: { generation: number, rotatedAt: Date }, generation: number): boolean =>
      generation === session.generation || isInGrace(session, generation),

    /**
     * Begins a session and updates the account's columns that a sign-in updates, in one statement.
     * @returns undefined if the account was deleted, is inactive, or its credential has another version
     */
    async begin (
      { id, authenticatedAt, ...account }: AuthenticatedAccount, method: SignInMethodName, caller: Caller<undefined>
    ): Promise<BegunSession | undefined> {
      const session = await writes.beginSession({
        ...newSession(authenticatedAt, method, caller), account: { id, ...account }, sessionsMax: maxSessionsPerAccount
      })
      if (!session) return undefined
      const { superseded } = session
      if (superseded > 0) access.clear()
      events.record(undefined, caller, 'sign_in', {
        user: id, sid: session.id, method, ...(superseded > 0 ? { superseded } : {})
      })
      return session
    },

    /** Begins a session in the transaction that changed the password of its account. */
    beginIn (
      tx: Transaction, { id: userId, credentialsVersion }: { id: string, credentialsVersion: number },
      method: SignInMethodName, origin: SignInOrigin
    ): Promise<TokenState> {
      const { now, ...session } = newSession(clock(), method, origin)
      return tx.session.create({
        data: { ...session, userId, credentialsVersion, createdAt: now, rotatedAt: now }, select: tokenColumns
      })
    },

    /**
     * Exchanges a refresh token for its successor (RFC 9700, 4.14.2: refresh token rotation). The current token
     * advances the session. The previous one returns the same successor during the grace period. An older one has
     * been used twice, by its owner and by someone else, and ends the session.
     * @throws InvalidRefreshToken in every other case
     */
    async rotate (
      { sid: id, sub: userId, gen: generation }: { sid: string, sub: string, gen: number }, caller: Caller<undefined>
    ): Promise<TokenState> {
      const now = clock()
      const advanced = await writes.rotateSession({ id, userId, generation, now, idleSince: idleSince(now), methods })
      if (advanced) return advanced

      const current = await db.session.findFirst({
        where: { id, userId, ...live(now), user: { isActive: true } },
        select: tokenColumns
      })
      if (!current || generation > current.generation) throw new InvalidRefreshToken()
      if (isInGrace(current, generation)) return current

      await access.change(async tx => {
        await revoke(tx, userId, 'refresh_reuse', { only: id })
        events.record(tx, caller, 'refresh_reuse', { sid: id, user: userId })
      })
      throw new InvalidRefreshToken()
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

    /** Ends the session of a logout. A session that has ended already is ignored. */
    signOut: (caller: Caller<undefined>, userId: string, id: string): Promise<void> => access.change(async tx => {
      if (await revoke(tx, userId, 'logout', { only: id }) === 0) return
      events.record(tx, caller, 'sign_out', { user: userId, sid: id })
    }),

    /** Ends the caller's sessions except the one that sent the request. @returns how many */
    endOthers: (caller: Caller): Promise<number> => access.change(async tx => {
      const { id: userId } = caller.actor.user
      const ended = await revoke(tx, userId, 'revoked', { except: sessionOf(caller.actor)?.id })
      events.record(tx, caller, 'sessions_ended', { subject: userId, ended })
      return ended
    }),

    /** Ends every session of an account. @returns how many */
    endAll: (caller: Caller, userId: string): Promise<number> => access.change(async tx => {
      const ended = await revoke(tx, userId, 'revoked')
      events.record(tx, caller, 'sessions_ended', { subject: userId, ended })
      return ended
    }),

    /** Ends one session of an account. @throws SessionNotFound */
    end: (caller: Caller, userId: string, id: string): Promise<void> => access.change(async tx => {
      if (await revoke(tx, userId, 'revoked', { only: id }) === 0) throw new SessionNotFound()
      events.record(tx, caller, 'sessions_ended', { subject: userId, sid: id, ended: 1 })
    })
  }
}

export type Sessions = ReturnType<typeof createSessions>
