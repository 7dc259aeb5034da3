import { LRUCache } from 'lru-cache'
import type { SigningAlgorithm } from '../../crypto/signing-keys.ts'
import { InvalidScope, InvalidTarget } from '../../errors.ts'
import type { Grant } from '../../policy/grants.ts'
import type { Caller, Principal } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import { type Clock, later, toNumericDate } from '../upkeep/clock.ts'
import { describeCredential, describeUser } from './claims.ts'
import { IDENTITY_TOKEN_SECONDS } from './key-times.ts'
import type { ActiveKey, TokenSigners } from './token-signers.ts'

/** A token for one audience. `scope`: the granted scopes, in alphabetical order. */
export type IdentityToken = { token: string, scope: readonly Grant[], issuedAt: Date, expiresAt: Date }

/** What a client asks for. Without `scope`: everything the credential permits. */
export type IdentityRequest = { audience: string, scope?: readonly string[] | undefined }

/** Tokens that are kept for reuse. One takes about 1 KiB. */
const TOKENS_MAX = 5000

type Dependencies = {
  events: EventSink
  activeKey: TokenSigners['activeKey']
  clock: Clock
  newId: () => string
  publicUrl: string
  identityAlgorithm: SigningAlgorithm
  identityAudiences: readonly string[]
}

/**
 * Issues identity tokens: signed statements about the account of a credential, for one registered audience. A token is
 * reused while half of its lifetime remains, so that signing costs little under load.
 */
export function createIdentityTokens (
  { events, activeKey, clock, newId, publicUrl, identityAlgorithm, identityAudiences }: Dependencies
) {
  const issued = new LRUCache<string, IdentityToken>({ max: TOKENS_MAX })

  const isReusable = ({ issuedAt, expiresAt }: IdentityToken, now: Date) =>
    now >= issuedAt && expiresAt.getTime() - now.getTime() > (expiresAt.getTime() - issuedAt.getTime()) / 2

  /** @throws InvalidScope for a scope that the credential does not have */
  function grantedScope ({ grants }: Principal, wanted: readonly string[] | undefined): Grant[] {
    if (wanted === undefined) return [...grants].sort()
    const granted = [...grants].filter(grant => wanted.includes(grant))
    const missing = wanted.filter(scope => !granted.some(grant => grant === scope))
    if (missing.length > 0) throw new InvalidScope(`The credential does not have the scope ${missing.join(' ')}`)
    return granted.sort()
  }

  function sign (
    key: ActiveKey, caller: Caller<Principal>, audience: string, scope: readonly Grant[]
  ): IdentityToken {
    const { actor } = caller
    const now = clock()
    const { claims, expiresAt: end } = describeCredential(actor)
    const latest = later(now, IDENTITY_TOKEN_SECONDS)
    const expiresAt = end && end < latest ? end : latest
    const jti = newId()
    const token = key.sign.identity({
      iss: publicUrl,
      aud: audience,
      ...describeUser(actor),
      ...claims,
      scope: scope.join(' '),
      jti,
      iat: toNumericDate(now),
      exp: toNumericDate(expiresAt)
    })
    events.record(undefined, caller, 'identity_token_issued', { audience, jti })
    return { token, scope, issuedAt: now, expiresAt }
  }

  return {
    /**
     * The token of a principal for an audience.
     * @throws InvalidTarget if the audience is not registered, InvalidScope if a scope exceeds the credential
     */
    async issue (caller: Caller<Principal>, { audience, scope: wanted }: IdentityRequest): Promise<IdentityToken> {
      if (!identityAudiences.includes(audience)) throw new InvalidTarget()
      const { actor, actor: { user, credential } } = caller
      const scope = grantedScope(actor, wanted)
      const key = await activeKey(identityAlgorithm)
      // Everything that the token says, and the key: a token that would say something else is never reused.
      const place = JSON.stringify([
        credential, user.id, user.username, user.isSuperuser, audience, scope, key.kid
      ])
      const known = issued.get(place)
      if (known && isReusable(known, clock())) return known
      const fresh = sign(key, caller, audience, scope)
      issued.set(place, fresh)
      return fresh
    }
  }
}

export type IdentityTokens = ReturnType<typeof createIdentityTokens>
