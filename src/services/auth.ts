import type { PasswordHasher } from '../crypto/passwords.ts'
import type { Db, Transaction } from '../db.ts'
import {
  AutoLoginDisabled, AutoLoginUnavailable, Failure, InactiveAccount, InactiveUser, MissingCredentials, SessionEnded,
  WaitingForApproval, WrongPassword
} from '../errors.ts'
import { usernameKey } from '../policy/usernames.ts'
import type { Clock } from './clock.ts'
import type { Origin, Sessions, SignInMethod } from './sessions.ts'
import type { TokenPair, Tokens } from './tokens.ts'
import { publicColumns, type PublicUser, type Users } from './users.ts'

/** Who a request acts as, and by what. */
export type Principal = Readonly<{
  user: PublicUser
  via: 'session' | 'auto_login'
  sessionId: string | undefined
}>

/** The tokens a request carried, unread. */
export type SentTokens = {
  bearer?: string | undefined, accessCookie?: string | undefined, refreshCookie?: string | undefined
}

type Dependencies = {
  db: Db
  clock: Clock
  hasher: PasswordHasher
  sessions: Sessions
  tokens: Tokens
  users: Users
  autoLogin: boolean
  skipAuthAutoLogin: boolean
  superuser: string
  /** Told of each sign-in, after it. */
  onSignIn: (userId: string) => Promise<void>
}

/** The two ways in: sign-in, which gives tokens, and credentials, which give a principal. */
export function createAuth (
  { db, clock, hasher, sessions, tokens, users, autoLogin, skipAuthAutoLogin, superuser, onSignIn }: Dependencies) {
  /** The account that auto login signs in as: the configured one, else the oldest administrator. */
  async function autoLoginUser (): Promise<PublicUser> {
    const administrators = { isActive: true, isSuperuser: true }
    const user = await db.user.findFirst({
      where: { ...administrators, usernameKey: usernameKey(superuser) }, select: publicColumns
    }) ?? await db.user.findFirst({
      where: administrators, orderBy: { createdAt: 'asc' }, select: publicColumns
    })
    if (!user) throw new AutoLoginUnavailable()
    return user
  }

  /** Begins a session unless the account changed since it was looked at. */
  async function signIn (
    tx: Transaction, seen: { id: string, passwordHash?: string }, method: SignInMethod, origin: Origin,
    rehashed?: string
  ): Promise<TokenPair> {
    const now = clock()
    const { count } = await tx.user.updateMany({
      where: { ...seen, isActive: true },
      data: { lastLoginAt: now, updatedAt: now, passwordHash: rehashed }
    })
    if (count === 0) throw new WrongPassword()
    return tokens.issue(await sessions.begin(tx, seen.id, method, origin))
  }

  /**
   * Who an access token stands for, by one indexed read; role and activity are those of this moment.
   * @throws InvalidToken, ExpiredToken, WrongTokenType, SessionEnded or InactiveAccount
   */
  async function byAccessToken (token: string): Promise<Principal> {
    const { sid, sub } = tokens.readAccess(token)
    const session = await db.session.findFirst({
      where: { id: sid, userId: sub, ...sessions.live(clock()) },
      select: { user: { select: publicColumns } }
    })
    if (!session) throw new SessionEnded()
    if (!session.user.isActive) throw new InactiveAccount()
    return { user: session.user, via: 'session', sessionId: sid }
  }

  return {
    /**
     * The password grant (RFC 6749, 4.3). Unknown user and wrong password answer alike and cost alike;
     * that an account is inactive is said only to whom knows its password.
     * @throws WrongPassword, WaitingForApproval or InactiveUser
     */
    async login (username: string, password: string, origin: Origin): Promise<TokenPair> {
      const user = await db.user.findUnique({
        where: { usernameKey: usernameKey(username) },
        select: {
          id: true, username: true, passwordHash: true, hasDefaultPassword: true, isActive: true, lastLoginAt: true
        }
      })
      const { id, passwordHash } = user ?? {}
      const isRight = passwordHash === undefined
        ? await hasher.verifyNothing(password)
        : await hasher.verify(passwordHash, password)
      // The password everybody knows was for auto login alone.
      const isRetired = user?.hasDefaultPassword && !autoLogin
      if (!isRight || !user || !id || !passwordHash || isRetired || user.username !== username) {
        throw new WrongPassword()
      }
      if (!user.isActive) throw user.lastLoginAt ? new InactiveUser() : new WaitingForApproval()
      const rehashed = hasher.needsRehash(passwordHash) ? await hasher.hash(password) : undefined
      const pair = await db.$transaction(tx => signIn(tx, { id, passwordHash }, 'password', origin, rehashed))
      await onSignIn(id)
      return pair
    },

    /** Signs the visitor in as the superuser. @throws AutoLoginDisabled or AutoLoginUnavailable */
    async autoLogin (origin: Origin): Promise<TokenPair> {
      if (!autoLogin) {
        throw new AutoLoginDisabled(undefined, { detail: { message: 'Auto login is disabled.', auto_login: false } })
      }
      const { id } = await autoLoginUser()
      const pair = await db.$transaction(tx => signIn(tx, { id }, 'auto_login', origin))
      await onSignIn(id)
      return pair
    },

    /** @throws InvalidRefreshToken */
    async refresh (refreshToken: string): Promise<TokenPair> {
      const { sid, sub, gen } = tokens.readRefresh(refreshToken)
      return tokens.issue(await sessions.rotate(sid, sub, gen))
    },

    /** Ends the session of every token that is sent along; tokens that say nothing are passed over. */
    async logout ({ bearer, accessCookie, refreshCookie }: SentTokens): Promise<void> {
      const readings = [
        ...[bearer, accessCookie].map(token => token && (() => tokens.readAccess(token))),
        refreshCookie && (() => tokens.readRefresh(refreshCookie))
      ].filter(reading => !!reading)
      const claims = readings.flatMap(read => {
        try {
          return [read()]
        } catch {
          return []
        }
      })
      for (const { sid, sub } of new Map(claims.map(claim => [claim.sid, claim])).values()) {
        await sessions.end(sid, sub, 'logout')
      }
    },

    /** The owner's change of password, with fresh tokens for the session it was made in. @see Users.changePassword */
    async changePassword ({ user: { id: actor }, sessionId }: Principal, id: string, current: string, next: string) {
      const { user, session } = await users.changePassword({ id: actor, sessionId }, id, current, next)
      return { user, tokens: session ? tokens.issue(session) : undefined }
    },

    /** Who is signed in by a token; nobody is no error. */
    async findSessionUser (token: string | undefined): Promise<PublicUser | undefined> {
      if (token === undefined) return undefined
      try {
        return (await byAccessToken(token)).user
      } catch (error) {
        if (error instanceof Failure && error.kind.status === 401) return undefined
        throw error
      }
    },

    byAccessToken,

    /** Who a request without credentials stands for. @throws MissingCredentials unless the settings name somebody */
    async withoutCredentials (): Promise<Principal> {
      if (!autoLogin || !skipAuthAutoLogin) throw new MissingCredentials()
      return { user: await autoLoginUser(), via: 'auto_login', sessionId: undefined }
    }
  }
}

export type Auth = ReturnType<typeof createAuth>
