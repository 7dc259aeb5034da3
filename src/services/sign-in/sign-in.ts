import type { PasswordHasher } from '../../crypto/passwords.ts'
import type { AccountReads, Db, NewSession, SignInAccount } from '../../db.ts'
import {
  AutoLoginDisabled, AutoLoginUnavailable, Failure, InactiveUser, InvalidRefreshToken, MissingCredentials,
  WaitingForApproval, WrongPassword
} from '../../errors.ts'
import { typedUsername, usernameKey } from '../../policy/usernames.ts'
import type { Clock } from '../upkeep/clock.ts'
import { type EventFacts, lockedEvents } from '../audit/events.ts'
import type { HashCosts } from './hash-costs.ts'
import { type KnownNetworks, withNetwork } from './known-networks.ts'
import type { Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { Origin, Sessions, SignInMethod } from './sessions.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import type { RefreshClaims, TokenPair, Tokens } from './tokens.ts'
import { publicColumns, type PublicUser } from '../../db/queries/account-columns.ts'
import type { Users } from '../accounts/users.ts'

/** The tokens a request carried, unread. */
export type SentTokens = {
  bearer?: string | undefined, accessCookies: readonly string[], refreshCookies: readonly string[]
}

/** What somebody without credentials can do about it, with auto login and without. */
const hints: Record<string, string> = {
  true: 'Auto login is on: GET /api/v1/auto_login gives a token to send as `Authorization: Bearer`, and an API key ' +
    'goes into the header `x-api-key`. LANGFLOW_SKIP_AUTH_AUTO_LOGIN=True lets requests without credentials in.',
  false: 'Sign in with POST /api/v1/login and send the token as `Authorization: Bearer`, or an API key as `x-api-key`.'
}

const failedEvent = (user: string | undefined, reason: string): EventFacts =>
  ({ event: 'sign_in_failed', user, reason })

const wrongPassword = (user: string | undefined, bounds: string[]) => new WrongPassword(undefined, {
  events: [failedEvent(user, user === undefined ? 'unknown_user' : 'wrong_password'), ...lockedEvents(bounds, { user })]
})

/** The tokens of a session that began, and how many older sessions of the account ended for it. */
export type SignedIn = TokenPair & { superseded: number }

type Dependencies = {
  db: Db
  accounts: AccountReads
  clock: Clock
  guard: SignInGuard
  hasher: PasswordHasher
  hashCosts: HashCosts
  principals: Principals
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
  {
    db, accounts, clock, guard, hasher, hashCosts, principals, sessions, tokens, users, autoLogin, skipAuthAutoLogin,
    superuser, onSignIn
  }: Dependencies
) {
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
  async function signIn (user: NewSession['user'], method: SignInMethod, origin: Origin): Promise<SignedIn> {
    const session = await sessions.begin(user, method, origin)
    if (!session) throw new WrongPassword()
    return { ...tokens.issue(session), superseded: session.superseded }
  }

  /** @throws InactiveUser, or WaitingForApproval for one that never signed in */
  function requireActive ({ id, isActive, lastLoginAt }: SignInAccount) {
    if (isActive) return
    const events = [failedEvent(id, 'inactive')]
    throw lastLoginAt ? new InactiveUser(undefined, { events }) : new WaitingForApproval(undefined, { events })
  }

  /** Claims of the readable refresh tokens: of each session the newest, the newest first. */
  function newestOfEachSession (sent: readonly string[]): RefreshClaims[] {
    const claims = sent.flatMap(token => {
      try {
        return [tokens.readRefresh(token)]
      } catch {
        return []
      }
    }).sort((a, b) => b.iat - a.iat || b.gen - a.gen)
    return claims.filter((claim, index) => claims.findIndex(({ sid }) => sid === claim.sid) === index)
  }

  async function rotateFirstGood ({ sid, sub, gen }: RefreshClaims, others: RefreshClaims[]): Promise<TokenPair> {
    try {
      return tokens.issue(await sessions.rotate(sid, sub, gen))
    } catch (error) {
      const [next, ...rest] = others
      if (!(error instanceof InvalidRefreshToken) || !next) throw error
      return rotateFirstGood(next, rest)
    }
  }

  return {
    /**
     * The password grant (RFC 6749, 4.3). Unknown user and wrong password answer alike and cost alike;
     * that an account is inactive is said only to whom knows its password.
     * Who guesses too often is slowed, and told the same whether the guess was right.
     * @throws WrongPassword, TooManyRequests, WaitingForApproval or InactiveUser
     */
    async login (username: string, password: string, origin: Origin): Promise<SignedIn> {
      const attempt = guard.signIn(username, password, origin.address)
      attempt.refuseRemembered()
      const key = usernameKey(username)
      const user = await accounts.byName(key)
      // The password everybody knows was for auto login alone.
      const isOpen = user?.username === typedUsername(username) && !(user.hasDefaultPassword && !autoLogin)
      const known = user?.knownNetworks as KnownNetworks | undefined // written by sign-ins alone
      const { isRight, reached, settled } = await attempt.check(known, async check => {
        const hasPassword = await check(user?.passwordHash, password, user ? undefined : await hashCosts.costFor(key))
        return hasPassword && isOpen
      })
      if (!isRight || !user) throw wrongPassword(user?.id, reached)
      requireActive(user)
      const { id, passwordHash, credentialsVersion } = user
      const [pair] = await Promise.all([signIn({
        id,
        credentialsVersion,
        newPasswordHash: hasher.needsRehash(passwordHash) ? await hasher.hash(password, id) : undefined,
        newKnownNetworks: withNetwork(known ?? {}, origin.address, clock())
      }, 'password', origin), settled])
      await onSignIn(id)
      return pair
    },

    /** Signs the visitor in as the superuser. @throws AutoLoginDisabled or AutoLoginUnavailable */
    async autoLogin (origin: Origin): Promise<SignedIn> {
      if (!autoLogin) {
        throw new AutoLoginDisabled(undefined, { detail: { message: 'Auto login is disabled.', auto_login: false } })
      }
      const { id } = await autoLoginUser()
      const pair = await signIn({ id }, 'auto_login', origin)
      await onSignIn(id)
      return pair
    },

    /**
     * Tries each session once, the newest token first: a spent token beside its successor is no sign of theft.
     * @param sent tokens of cookies of the same name
     * @throws InvalidRefreshToken when none is good
     */
    async refresh (sent: readonly string[]): Promise<TokenPair> {
      const [first, ...others] = newestOfEachSession(sent)
      if (!first) throw new InvalidRefreshToken()
      return rotateFirstGood(first, others)
    },

    /**
     * Ends the session of every token that is sent along; tokens that say nothing are passed over.
     * @returns those that ended by it
     */
    async logout ({ bearer, accessCookies, refreshCookies }: SentTokens): Promise<Array<{ sid: string, sub: string }>> {
      const readings = [
        ...[...bearer ? [bearer] : [], ...accessCookies].map(token => () => tokens.readAccess(token)),
        ...refreshCookies.map(token => () => tokens.readRefresh(token))
      ]
      const claims = readings.flatMap(read => {
        try {
          return [read()]
        } catch {
          return []
        }
      })
      const ended = []
      for (const { sid, sub } of new Map(claims.map(claim => [claim.sid, claim])).values()) {
        if (await sessions.end(sub, 'logout', { only: sid }) > 0) ended.push({ sid, sub })
      }
      return ended
    },

    /** The owner's change of password, with the tokens of a new session. @see Users.changePassword */
    async changePassword (
      principal: Principal, id: string, current: string | undefined, next: string, origin: Origin
    ) {
      const { user, session } = await users.changePassword(principal, id, current, next, origin)
      return { user, tokens: tokens.issue(session) }
    },

    /** Who is signed in by the first good one of these tokens; undefined when none is good. */
    async findSessionUser (sent: readonly string[]): Promise<PublicUser | undefined> {
      for (const token of sent) {
        try {
          return (await principals.byAccessToken(token)).user
        } catch (error) {
          if (!(error instanceof Failure) || error.kind.status !== 401) throw error
        }
      }
      return undefined
    },

    /** Who a request without credentials stands for. @throws MissingCredentials unless the settings name somebody */
    async withoutCredentials (): Promise<Principal> {
      if (!autoLogin || !skipAuthAutoLogin) throw new MissingCredentials(undefined, { hint: hints[String(autoLogin)] })
      return { user: await autoLoginUser(), via: 'auto_login' }
    }
  }
}

export type Auth = ReturnType<typeof createAuth>
