import { API_KEY_PREFIX } from '../../crypto/api-keys.ts'
import { decodeClaims, isHeader } from '../../crypto/jwt.ts'
import { InvalidSubjectToken, isRefusal, UnsupportedTokenType } from '../../errors.ts'
import { apiKeyOf, type Caller, type Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { ApiKeys } from '../credentials/api-keys.ts'
import type { Usage } from '../credentials/usage.ts'
import type { SessionTokens } from '../sign-in/session-tokens.ts'
import { toNumericDate } from '../upkeep/clock.ts'
import { describeCredential, describeUser, scopeOf, type UserClaims } from './claims.ts'
import type { IdentityRequest, IdentityToken, IdentityTokens } from './identity-tokens.ts'

/** What RFC 7662 says about a valid credential. Moments are NumericDates (RFC 7519, 2). */
export type Introspection = {
  kind: 'session' | 'api_key'
  user: UserClaims
  /** Separated by blanks. */
  scope: string
  /** When the credential expires. Undefined for an API key without expiry. */
  exp: number | undefined
  /** The registered claims of an access token. */
  token: { iss?: string, aud?: string, iat?: number, jti?: string, sid?: string, auth_time?: number, amr?: string[] }
}

type Dependencies = {
  principals: Principals
  sessionTokens: SessionTokens
  apiKeys: ApiKeys
  usage: Usage
  identityTokens: IdentityTokens
}

const isKey = (token: string) => token.startsWith(API_KEY_PREFIX)

/** The claims of a token whose signature was verified. */
function claimsOf (token: string): { iss?: string, aud?: string, iat?: number, jti?: string, exp?: number } {
  return decodeClaims(token)
}

/** What clients do with a credential that they send in a form: an access token or an API key. */
export function createPresentedTokens (
  { principals, sessionTokens, apiKeys, usage, identityTokens }: Dependencies
) {
  /** The principal of a credential; undefined if it is invalid, whatever the reason. Counts the use of an API key. */
  async function find (token: string): Promise<Principal | undefined> {
    try {
      const principal = await (isKey(token) ? principals.byApiKey(token) : principals.byAccessToken(token))
      const key = apiKeyOf(principal)
      if (key) usage.count(key.id)
      return principal
    } catch (error) {
      if (isRefusal(error)) return undefined
      throw error
    }
  }

  return {
    /** Describes a valid credential (RFC 7662, 2.2); undefined for any other text. */
    async introspect (token: string): Promise<Introspection | undefined> {
      const principal = await find(token)
      if (!principal) return undefined
      const { claims, expiresAt } = describeCredential(principal)
      const key = apiKeyOf(principal)
      const { exp, iss, aud, iat, jti } = key ? {} : claimsOf(token)
      return {
        kind: key ? 'api_key' : 'session',
        user: describeUser(principal),
        scope: scopeOf(principal.grants),
        exp: exp ?? (expiresAt ? toNumericDate(expiresAt) : undefined),
        token: { iss, aud, iat, jti, ...claims }
      }
    },

    /**
     * Ends what a credential gives access to (RFC 7009, 2.1): the session of an access or refresh token, or the API key
     * and the keys that it created. Possession of the credential suffices. Invalid credentials are ignored.
     * @throws UnsupportedTokenType for an identity token, which stays valid
     */
    async revoke (token: string, caller: Caller<undefined>): Promise<void> {
      if (isHeader(token.slice(0, token.indexOf('.')), 'JWT')) throw new UnsupportedTokenType()
      if (!isKey(token)) {
        await sessionTokens.logout({ bearer: token, accessCookies: [], refreshCookies: [token] }, caller)
        return
      }
      const principal = await find(token)
      const key = principal && apiKeyOf(principal)
      if (key) await apiKeys.remove({ ...caller, actor: principal }, principal.user.id, key.id)
    },

    /**
     * Exchanges a credential for an identity token (RFC 8693).
     * @throws InvalidSubjectToken if the credential is invalid; InvalidTarget, InvalidScope
     */
    async exchange (token: string, request: IdentityRequest, caller: Caller<undefined>): Promise<IdentityToken> {
      const principal = await find(token)
      if (!principal) throw new InvalidSubjectToken()
      return identityTokens.issue({ ...caller, actor: principal }, request)
    }
  }
}

export type PresentedTokens = ReturnType<typeof createPresentedTokens>
