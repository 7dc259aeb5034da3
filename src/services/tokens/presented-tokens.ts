import { API_KEY_PREFIX } from '../../crypto/api-keys.ts'
import { decodeClaims, isHeader } from '../../crypto/jwt.ts'
import { type Failure, InvalidSubjectToken, isRefusal, UnfitField, UnsupportedTokenType } from '../../errors.ts'
import { APPS_SCOPE } from '../../policy/grants.ts'
import { readAddress } from '../../policy/requests/host-addresses.ts'
import { apiKeyOf, type Caller, type Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import { requireGrant } from '../access/scopes.ts'
import type { EventSink } from '../audit/sink.ts'
import type { ApiKeys } from '../credentials/api-keys.ts'
import type { KeyUse } from '../credentials/key-use.ts'
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
  keyUse: KeyUse
  identityTokens: IdentityTokens
  events: EventSink
}

const isKey = (token: string) => token.startsWith(API_KEY_PREFIX)

/** The claims of a token whose signature was verified. */
function claimsOf (token: string): { iss?: string, aud?: string, iat?: number, jti?: string, exp?: number } {
  return decodeClaims(token)
}

/** The principal of a credential, or why it was refused. */
type Found = { principal: Principal } | { principal: undefined, refusal: Failure }

async function attempt (find: () => Principal | Promise<Principal>): Promise<Found> {
  try {
    return { principal: await find() }
  } catch (error) {
    if (isRefusal(error)) return { principal: undefined, refusal: error }
    throw error
  }
}

/** What clients do with a credential that they send in a form: an access token or an API key. */
export function createPresentedTokens (
  { principals, sessionTokens, apiKeys, keyUse, identityTokens, events }: Dependencies
) {
  /**
   * Finds the principal of a credential. Uses an API key.
   * @param address the address of the client that uses the credential
   * @throws ApiKeyLimitReached
   */
  const find = (token: string, address: string | undefined) =>
    attempt(() => isKey(token) ? keyUse.by(token, () => address) : principals.byAccessToken(token))

  return {
    /**
     * Describes a valid credential (RFC 7662, 2.2); undefined for any other text.
     * @param clientAddress the address of the client that sent the credential. An API key that is limited to networks
     * is invalid without it
     * @throws UnfitField if it is no address; ApiKeyLimitReached
     */
    async introspect (
      token: string, clientAddress: string | undefined, caller: Caller
    ): Promise<Introspection | undefined> {
      const address = clientAddress === undefined ? undefined : readAddress(clientAddress)
      if (clientAddress !== address && address === undefined) {
        throw new UnfitField('client_address', 'It must be an IP address')
      }
      const found = await find(token, address)
      const { principal } = found
      if (!principal) {
        events.recordRefusal({ actor: undefined, address, requestId: caller.requestId }, found.refusal)
        return undefined
      }
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
      // Whatever its networks and its rate limit.
      const { principal } = await attempt(() => principals.byApiKey(token))
      if (principal) await apiKeys.removeSelf({ ...caller, actor: principal })
    },

    /**
     * Exchanges a credential for an identity token (RFC 8693).
     * @throws InvalidSubjectToken if the credential is invalid; InvalidTarget, InvalidScope, InsufficientScope or
     * ApiKeyLimitReached
     */
    async exchange (token: string, request: IdentityRequest, caller: Caller<undefined>): Promise<IdentityToken> {
      const found = await find(token, caller.address)
      const { principal } = found
      if (!principal) throw new InvalidSubjectToken(undefined, { events: found.refusal.events })
      // The service acts on the identity of the account, as an app behind a proxy does.
      requireGrant(principal, APPS_SCOPE)
      return identityTokens.issue({ ...caller, actor: principal }, request)
    }
  }
}

export type PresentedTokens = ReturnType<typeof createPresentedTokens>
