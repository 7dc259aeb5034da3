import { InsufficientScope, InteractiveOnly, NotSuperuser } from '../../errors.ts'
import { type Grant, grantsOf, isScope } from '../../policy/grants.ts'
import type { Actor } from './principal.ts'

/** The challenge of a request that lacks a scope (RFC 6750, 3.1). */
export const scopeChallenge = (scope: string) => `Bearer error="insufficient_scope", scope="${scope}"`

/** The failure of a request whose API key lacks a scope. */
export const insufficientScope = (scope: string) => new InsufficientScope(
  `The API key does not have the scope ${scope}`,
  { challenge: scopeChallenge(scope), hint: 'Use a key with this scope, or let the owner of the key add it.' }
)

/**
 * Checks that an actor holds a grant.
 * @throws NotSuperuser if its account does not hold the grant; InteractiveOnly or InsufficientScope if its API key
 * does not
 */
export function requireGrant ({ user, credential, grants: held }: Actor, grant: Grant): void {
  if (held.has(grant)) return
  if (credential.kind !== 'api_key' || !grantsOf(user).has(grant)) throw new NotSuperuser()
  if (isScope(grant)) throw insufficientScope(grant)
  throw new InteractiveOnly(grant === 'password:write' ? undefined : 'Sign in: API keys are not accepted here')
}
