import { digestApiKey, isApiKey } from '../../crypto/api-keys.ts'
import type { AccountRow, ApiKeyRow, PrincipalReads } from '../../db.ts'
import {
  ExpiredApiKey, InactiveAccount, InactiveApiKey, InactiveKeyOwner, InvalidApiKey, SessionEnded
} from '../../errors.ts'
import type { Access } from './access-cache.ts'
import type { Principal } from './principal.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { EventFacts } from '../audit/events.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import type { Tokens } from '../sign-in/tokens.ts'
import type { PublicUser } from '../../db/queries/account-columns.ts'

type Dependencies = { access: Access, reads: PrincipalReads, sessions: Sessions, tokens: Tokens, clock: Clock }

function accountOf (
  { id, username, profileImage, isActive, isSuperuser, optins, createdAt, updatedAt, lastLoginAt }: AccountRow
): PublicUser {
  return {
    id,
    username,
    profileImage,
    isActive,
    isSuperuser,
    optins: optins as PublicUser['optins'], // the driver's JSON is Prisma's
    createdAt,
    updatedAt,
    lastLoginAt
  }
}

function expired ({ id, apiKeyId }: ApiKeyRow) {
  const event: EventFacts = { event: 'expired_api_key_used', api_key: apiKeyId, user: id }
  return new ExpiredApiKey(undefined, { events: [event] })
}

/**
 * The request path: whom a credential stands for. Role and activity are those of the database, at most a second old.
 * Whatever is malformed, forged or mistyped costs no query.
 */
export function createPrincipals ({ access, reads, sessions, tokens, clock }: Dependencies) {
  async function findByToken (token: string) {
    const { sid, sub, exp } = tokens.readAccess(token)
    const row = await reads.bySession(sid)
    if (!row || row.id !== sub || !sessions.isLive(row)) throw new SessionEnded()
    if (!row.isActive) throw new InactiveAccount()
    const principal = {
      user: accountOf(row), via: 'session' as const, sessionId: sid, authenticatedAt: row.sessionCreatedAt
    }
    return { principal, ends: new Date(exp * 1000) }
  }

  async function findByKey (key: string) {
    if (!isApiKey(key)) throw new InvalidApiKey()
    const row = await reads.byDigest(digestApiKey(key))
    if (!row) throw new InvalidApiKey()
    if (!row.isActive) throw new InactiveKeyOwner()
    if (!row.apiKeyIsActive) throw new InactiveApiKey()
    if (row.apiKeyExpiresAt && row.apiKeyExpiresAt <= clock()) throw expired(row)
    const apiKey = { id: row.apiKeyId, expiresAt: row.apiKeyExpiresAt }
    const principal = { user: accountOf(row), via: 'api_key' as const, apiKey }
    return { principal, ends: row.apiKeyExpiresAt ?? undefined }
  }

  // What is remembered is given at once: a promise would cost as much as all the rest.
  return {
    /** @throws InvalidToken, ExpiredToken, WrongTokenType, SessionEnded or InactiveAccount */
    byAccessToken (token: string): Principal | Promise<Principal> {
      return access.recall(token, 'session') ?? access.remember(token, () => findByToken(token))
    },

    /** @throws InvalidApiKey, ExpiredApiKey, InactiveApiKey or InactiveKeyOwner */
    byApiKey (key: string): Principal | Promise<Principal> {
      return access.recall(key, 'api_key') ?? access.remember(key, () => findByKey(key))
    }
  }
}

export type Principals = ReturnType<typeof createPrincipals>
