import type { PasswordHasher } from '../../crypto/passwords.ts'
import type { AccountReads, SignInAccount } from '../../db.ts'
import { InactiveUser, WaitingForApproval, WrongPassword } from '../../errors.ts'
import { typedUsername, usernameKey } from '../../policy/usernames.ts'
import { isPending } from '../access/approval.ts'
import { type EventFacts, lockedEvents } from '../audit/events.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { HashCosts } from './hash-costs.ts'
import type { SignInMethod } from './methods.ts'
import { type KnownNetworks, withNetwork } from './throttling/known-networks.ts'
import type { SignInGuard } from './throttling/sign-in-guard.ts'
import type { Verdict } from './throttling/throttle.ts'

type Dependencies = {
  accounts: AccountReads
  clock: Clock
  guard: SignInGuard
  hasher: PasswordHasher
  hashCosts: HashCosts
  autoLogin: boolean
  rateLimitPerMinute: number
}

const failedEvent = (user: string | undefined, reason: string): EventFacts =>
  ({ event: 'sign_in_failed', user, reason })

/** Unknown usernames are counted like others: `remaining` says nothing about an account. */
const wrongPassword = (
  user: string | undefined, { reached, remaining }: Verdict, rateLimitPerMinute: number
) => new WrongPassword(undefined, {
  events: [
    failedEvent(user, user === undefined ? 'unknown_user' : 'wrong_password'), ...lockedEvents(reached, { user })
  ],
  limit: remaining === undefined
    ? undefined
    : { name: 'sign-in', quota: rateLimitPerMinute, windowSeconds: 60, remaining }
})

/** @throws WaitingForApproval, or InactiveUser for an account that was deactivated */
function requireActive (account: SignInAccount) {
  if (account.isActive) return
  const events = [failedEvent(account.id, 'inactive')]
  throw isPending(account) ? new WaitingForApproval(undefined, { events }) : new InactiveUser(undefined, { events })
}

/**
 * Sign-in with username and password (RFC 6749, 4.3). An unknown username and a wrong password give the same response
 * and take the same time. Only a client that knows the password learns that an account is inactive. A throttled client
 * gets the same response whether the password is right or not.
 *
 * `verify` throws WrongPassword, TooManyRequests, WaitingForApproval or InactiveUser.
 */
export function createPasswordMethod (
  { accounts, clock, guard, hasher, hashCosts, autoLogin, rateLimitPerMinute }: Dependencies
): SignInMethod<{ username: string, password: string }> {
  return {
    name: 'password',

    async verify ({ username, password }, { address }) {
      const attempt = guard.signIn(username, password, address)
      attempt.refuseCached()
      const key = usernameKey(username)
      const user = await accounts.byName(key)
      // The well-known default password is valid for auto login only.
      const mayUsePassword = user?.username === typedUsername(username) && !(user.hasDefaultPassword && !autoLogin)
      const known = user?.knownNetworks as KnownNetworks | undefined // written by sign-ins alone
      const verdict = await attempt.check(known, async check => {
        const hasPassword = await check(user?.passwordHash, password, user ? undefined : await hashCosts.costFor(key))
        return hasPassword && mayUsePassword
      })
      if (!verdict.isRight || !user) throw wrongPassword(user?.id, verdict, rateLimitPerMinute)
      requireActive(user)
      const { id, passwordHash, credentialsVersion } = user
      const authenticatedAt = clock()
      const newPasswordHash = hasher.needsRehash(passwordHash) ? await hasher.hash(password, id) : undefined
      return {
        kind: 'authenticated',
        settled: verdict.settled,
        account: {
          id,
          credentialsVersion,
          authenticatedAt,
          newPasswordHash,
          newKnownNetworks: withNetwork(known ?? {}, address, authenticatedAt)
        }
      }
    }
  }
}
