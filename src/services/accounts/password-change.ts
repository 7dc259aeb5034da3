import type { PasswordHasher } from '../../crypto/passwords.ts'
import { type Db, publicColumns, type PublicUser } from '../../db.ts'
import {
  InteractiveOnly, MissingField, NotOwnPassword, SamePassword, SessionEnded, WrongCurrentPassword
} from '../../errors.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { type Caller, sessionOf } from '../access/principal.ts'
import { type EventFacts, lockedEvents } from '../audit/events.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import { withNetwork } from '../sign-in/throttling/known-networks.ts'
import type { SignInGuard } from '../sign-in/throttling/sign-in-guard.ts'
import type { TokenPair, Tokens } from '../sign-in/tokens.ts'
import type { Clock } from '../upkeep/clock.ts'
import { checkPassword, newCredential } from './account-rules.ts'

type Dependencies = {
  db: Db
  clock: Clock
  access: AccessCache
  events: EventSink
  guard: SignInGuard
  hasher: PasswordHasher
  sessions: Sessions
  tokens: Tokens
  /** LANGFLOW_REQUIRE_CURRENT_PASSWORD: the owner must send the current password with a new one. */
  requireCurrentPassword: boolean
  /** Words that passwords must not consist of. */
  passwordContext: readonly string[]
}

type NewPassword = { current: string | undefined, password: string }

/** Lets the owner of an account change its password. */
export function createPasswordChange ({
  db, clock, access, events, guard, hasher, sessions, tokens, requireCurrentPassword, passwordContext
}: Dependencies) {
  /** Rate-limits guesses at the current password from a hijacked session. */
  async function checkCurrent (id: string, passwordHash: string, current: string) {
    const { isRight, reached } = await guard.passwordChange(id)
      .check(undefined, check => check(passwordHash, current))
    if (isRight) return
    const event: EventFacts = { event: 'password_change_failed', user: id }
    throw new WrongCurrentPassword(undefined, { events: [event, ...lockedEvents(reached, { user: id })] })
  }

  /**
   * Changes the password of the caller's account, ends all its sessions and begins a new one.
   * @returns the account, and the tokens of the new session
   * @throws NotOwnPassword, InteractiveOnly, WrongCurrentPassword, TooManyRequests, SamePassword or UnfitField
   */
  return async function changePassword (
    caller: Caller, id: string, { current, password }: NewPassword
  ): Promise<{ user: PublicUser, tokens: TokenPair }> {
    const { actor, address } = caller
    if (actor.user.id !== id) throw new NotOwnPassword()
    if (!sessionOf(actor)) throw new InteractiveOnly()
    if (current === undefined && requireCurrentPassword) throw new MissingField('current_password')
    const before = await db.user.findUnique({
      where: { id }, select: { passwordHash: true, credentialsVersion: true, username: true }
    })
    if (!before?.passwordHash) throw new SessionEnded()
    if (current !== undefined) await checkCurrent(id, before.passwordHash, current)
    if (await hasher.verify(before.passwordHash, password, id)) throw new SamePassword()
    checkPassword(password, before.username, passwordContext)
    const passwordHash = await hasher.hash(password, id)
    const { user, session } = await access.change(async tx => {
      const now = clock()
      const [account] = await tx.user.updateManyAndReturn({
        // If two changes run at once, the second one verified a password that is no longer the current one.
        where: { id, credentialsVersion: before.credentialsVersion },
        data: { ...newCredential(passwordHash), knownNetworks: withNetwork({}, address, now), updatedAt: now },
        select: { ...publicColumns, credentialsVersion: true }
      })
      if (!account) throw new WrongCurrentPassword()
      await sessions.revoke(tx, id, 'password_changed')
      const { credentialsVersion, ...user } = account
      const session = await sessions.beginIn(tx, { id, credentialsVersion }, 'password', caller)
      events.record(tx, caller, 'password_changed', { sid: session.id })
      return { user, session }
    })
    await guard.unlockAfterChange(user)
    return { user, tokens: await tokens.issue(session) }
  }
}

export type ChangePassword = ReturnType<typeof createPasswordChange>
