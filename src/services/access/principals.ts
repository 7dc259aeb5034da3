import { digestApiKey, isApiKey } from '../../crypto/api-keys.ts'
import { type ApiKeyRow, pickAccount, type PrincipalReads, type SessionRow } from '../../db.ts'
import {
  ExpiredApiKey, InactiveAccount, InactiveApiKey, InactiveKeyOwner, InvalidApiKey, InvalidRefreshToken, SessionEnded
} from '../../errors.ts'
import { compileNetworks } from '../../policy/requests/cidr.ts'
import type { EventFacts } from '../audit/events.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { AccessCache, Lookup } from './access-cache.ts'
import { grantsOf, keyGrantsOf } from '../../policy/grants.ts'
import { readRestrictions } from '../../policy/api-keys/restrictions.ts'
import type { ApiKeyCredential, Principal } from './principal.ts'

type Dependencies = {
  access: AccessCache
  reads: PrincipalReads
  clock: Clock
  /** Verifies an access token and returns its claims, and until when they may be remembered. */
  readAccess: (token: string) => Promise<{ sid: string, sub: string, usableUntil: Date }>
  /** Verifies a refresh token and returns its claims. */
  readRefresh: (token: string) => { sid: string, sub: string, gen: number, exp: number }
  /** Whether a session that was not ended has not expired either. */
  isLive: (session: { method: string, rotatedAt: Date, sessionExpiresAt: Date }) => boolean
  /** Whether a refresh token of this generation would be accepted. */
  isRefreshable: (session: { generation: number, rotatedAt: Date }, generation: number) => boolean
}

function expired ({ id, apiKeyId }: ApiKeyRow) {
  const event: EventFacts = { event: 'expired_api_key_used', api_key: apiKeyId, user: id }
  const hint = 'The API key has expired. Create another one, or let its owner change the expiry.'
  return new ExpiredApiKey(undefined, { events: [event], hint })
}

/** A test that remembers the last address: a program keeps its address. */
function compileOnce (networks: readonly string[]): (address: string) => boolean {
  const isInside = compileNetworks(networks)
  let last: string | undefined
  return address => {
    if (address === last) return true
    const isAllowed = isInside(address)
    if (isAllowed) last = address
    return isAllowed
  }
}

function toKeyPrincipal (row: ApiKeyRow): Principal {
  const { scopes, networks, rateLimit } = readRestrictions(row)
  const credential: ApiKeyCredential = {
    kind: 'api_key',
    id: row.apiKeyId,
    expiresAt: row.apiKeyExpiresAt,
    isAllowedFrom: networks ? compileOnce(networks) : undefined,
    rates: [
      ...rateLimit && row.rateCounterId !== null ? [{ ...rateLimit, counterId: row.rateCounterId }] : [],
      ...row.makerLimits ?? []
    ]
  }
  return { user: pickAccount(row), credential, grants: keyGrantsOf(row, scopes) }
}

/**
 * Finds the principal of a credential. Role and activity are at most one second old. A malformed, forged or mistyped
 * credential costs no query.
 */
export function createPrincipals (
  { access, reads, clock, readAccess, readRefresh, isLive, isRefreshable }: Dependencies
) {
  /** The live session of a token. @throws SessionEnded or InactiveAccount */
  async function findSession ({ sid, sub }: { sid: string, sub: string }): Promise<SessionRow> {
    const row = await reads.bySession(sid)
    if (!row || row.id !== sub || !isLive(row)) throw new SessionEnded()
    if (!row.isActive) throw new InactiveAccount()
    return row
  }

  function toPrincipal (row: SessionRow): Principal {
    const credential = {
      kind: 'session',
      id: row.sessionId,
      method: row.method,
      authenticatedAt: row.sessionCreatedAt,
      expiresAt: row.sessionExpiresAt
    } as const
    return { user: pickAccount(row), credential, grants: grantsOf(row) }
  }

  async function findByToken (token: string): Promise<Lookup> {
    const claims = await readAccess(token)
    return { principal: toPrincipal(await findSession(claims)), ends: claims.usableUntil }
  }

  async function findByRefreshToken (token: string): Promise<Lookup> {
    const claims = readRefresh(token)
    const row = await findSession(claims)
    if (!isRefreshable(row, claims.gen)) throw new InvalidRefreshToken()
    return { principal: toPrincipal(row), ends: new Date(claims.exp * 1000) }
  }

  async function findByKey (key: string): Promise<Lookup> {
    if (!isApiKey(key)) throw new InvalidApiKey()
    const row = await reads.byDigest(digestApiKey(key))
    if (!row) throw new InvalidApiKey()
    if (!row.isActive) throw new InactiveKeyOwner()
    if (!row.apiKeyIsActive) throw new InactiveApiKey()
    if (row.apiKeyExpiresAt && row.apiKeyExpiresAt <= clock()) throw expired(row)
    return { principal: toKeyPrincipal(row), ends: row.apiKeyExpiresAt ?? undefined }
  }

  // A cached principal is returned synchronously: a promise would cost more than the rest of the lookup.
  return {
    /** @throws InvalidToken, ExpiredToken, WrongTokenType, SessionEnded or InactiveAccount */
    byAccessToken (token: string): Principal | Promise<Principal> {
      return access.get('access_token', token) ?? access.load('access_token', token, () => findByToken(token))
    },

    /**
     * The principal of the session that a refresh token belongs to. Does not use the token up.
     * @throws InvalidRefreshToken, SessionEnded or InactiveAccount
     */
    byRefreshToken (token: string): Principal | Promise<Principal> {
      return access.get('refresh_token', token) ??
        access.load('refresh_token', token, () => findByRefreshToken(token))
    },

    /**
     * The principal of a key, whatever its networks and its rate limit: requests use `keyUse` (key-use.ts).
     * @throws InvalidApiKey, ExpiredApiKey, InactiveApiKey or InactiveKeyOwner
     */
    byApiKey (key: string): Principal | Promise<Principal> {
      return access.get('api_key', key) ?? access.load('api_key', key, () => findByKey(key))
    }
  }
}

export type Principals = ReturnType<typeof createPrincipals>
