import type { PublicUser } from '../../db.ts'
import type { RateLimit } from '../../policy/api-keys/rate-limits.ts'
import { type Grants, grantsOf } from '../../policy/grants.ts'

/**
 * A token of a session. `method` is the sign-in method, `authenticatedAt` the moment when the credential of the account
 * was last verified, `expiresAt` the latest end of the session.
 */
export type SessionCredential =
  Readonly<{ kind: 'session', id: string, method: string, authenticatedAt: Date, expiresAt: Date }>

/** A rate limit of an API key. Keys with the same counter count together. */
export type KeyRate = RateLimit & Readonly<{ counterId: string }>

/**
 * An API key. `isAllowedFrom` tests the address of a client; undefined if the key may be used from everywhere. Requests
 * count towards each of `rates`: the limit of the key, and those of the keys that created it. The grants of the
 * principal are those of its scopes.
 */
export type ApiKeyCredential = Readonly<{
  kind: 'api_key', id: string, expiresAt: Date | null
  isAllowedFrom?: ((address: string) => boolean) | undefined
  rates: readonly KeyRate[]
}>

/** No credential: the settings let the request act as the superuser. */
type AutoLoginCredential = Readonly<{ kind: 'auto_login' }>

/** Access to the machine, by a person without an account. */
type OperatorCredential = Readonly<{ kind: 'operator' }>

/** Who asks for something, by which credential, and what that credential permits. */
export type Actor = Readonly<{
  user: Readonly<{ id: string, isSuperuser: boolean }>
  credential: SessionCredential | ApiKeyCredential | AutoLoginCredential | OperatorCredential
  grants: Grants
}>

/** The account that a request acts as. */
export type Principal = Actor & Readonly<{
  user: PublicUser
  credential: SessionCredential | ApiKeyCredential | AutoLoginCredential
}>

/** Who asks, from where, in which request. */
export type Caller<Who = Actor> = Readonly<{
  actor: Who
  address?: string | undefined
  userAgent?: string | undefined
  requestId?: string | undefined
}>

/** The operator of the server, who may do what a signed-in superuser may. */
export const operator: Caller = {
  actor: {
    user: { id: '', isSuperuser: true }, credential: { kind: 'operator' }, grants: grantsOf({ isSuperuser: true })
  }
}

/** The API key of the request, if it was authenticated by one. */
export const apiKeyOf = ({ credential }: Actor): ApiKeyCredential | undefined =>
  credential.kind === 'api_key' ? credential : undefined

/** The session of the request, if it was authenticated by a token. */
export const sessionOf = ({ credential }: Actor): SessionCredential | undefined =>
  credential.kind === 'session' ? credential : undefined

/**
 * Whether the person signed in. API keys cannot set passwords or grant rights, because the result would outlive the
 * key.
 */
export const isInteractive = ({ credential: { kind } }: Actor): boolean => kind === 'session' || kind === 'operator'
