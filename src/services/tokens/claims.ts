import type { Grants } from '../../policy/grants.ts'
import type { Principal } from '../access/principal.ts'
import { toNumericDate } from '../upkeep/clock.ts'

/** What other services learn about an account. */
export type UserClaims = {
  sub: string, preferred_username: string, name: string, groups: string[], access: 'admin' | 'editor'
}

/** What they learn about the credential. `amr`: RFC 8176. */
type CredentialClaims = { amr?: string[], auth_time?: number, sid?: string }

/** Every group that an account can be in. */
export const groupNames = ['superusers'] as const

/** The claims about an account, with the names of OpenID Connect Core 1.0, 5.1 where it has them. */
export const describeUser = ({ user: { id, username, isSuperuser } }: Principal): UserClaims => ({
  sub: id,
  preferred_username: username,
  name: username,
  groups: isSuperuser ? [...groupNames] : [],
  access: isSuperuser ? 'admin' : 'editor'
})

const scopes = new WeakMap<Grants, string>()

/** Grants as the value of `scope`: in alphabetical order, separated by blanks (RFC 6749, 3.3). Created once per set. */
export function scopeOf (grants: Grants): string {
  const known = scopes.get(grants)
  if (known !== undefined) return known
  const scope = [...grants].sort().join(' ')
  scopes.set(grants, scope)
  return scope
}

/** The claims about a credential, and its end. An API key does not show that a person signed in. */
export function describeCredential ({ credential }: Principal): { claims: CredentialClaims, expiresAt: Date | null } {
  if (credential.kind === 'api_key') return { claims: {}, expiresAt: credential.expiresAt }
  if (credential.kind === 'auto_login') return { claims: {}, expiresAt: null }
  const { id, method, authenticatedAt, expiresAt } = credential
  const amr = method === 'password' ? { amr: ['pwd'] } : {}
  return { claims: { ...amr, auth_time: toNumericDate(authenticatedAt), sid: id }, expiresAt }
}
