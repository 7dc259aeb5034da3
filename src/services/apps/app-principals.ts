import { Failure } from '../../errors.ts'
import type { AppCredentials } from '../../policy/forward-auth/app-credentials.ts'
import { apiKeyOf, type Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { Usage } from '../credentials/usage.ts'

/** The account that a request to an app acts as, or why its credential was refused. Neither without a credential. */
export type Found = { principal?: Principal, isByCookie: boolean, refusal?: Failure }

type Find = (credential: string) => Principal | Promise<Principal>

const isRefused = (error: unknown): error is Failure =>
  error instanceof Failure && (error.kind.status === 401 || error.kind.status === 403)

const none: Found = { isByCookie: false }

/**
 * Finds the account of a request to an app. The app may use the Authorization header and the cookies, too, so that a
 * bearer token which is not one of ours does not hide the session.
 */
export function createAppPrincipals ({ principals, usage }: { principals: Principals, usage: Usage }) {
  /** The first of several credentials that is valid, else the refusal of the first one. */
  async function firstValid (credentials: readonly string[], find: Find, isByCookie: boolean): Promise<Found> {
    let refusal: Failure | undefined
    for (const credential of credentials) {
      try {
        return { principal: await find(credential), isByCookie }
      } catch (error) {
        if (!isRefused(error)) throw error
        refusal ??= error
      }
    }
    return refusal ? { isByCookie, refusal } : none
  }

  async function byKey (key: string): Promise<Found> {
    const found = await firstValid([key], principals.byApiKey, false)
    const used = found.principal && apiKeyOf(found.principal)
    if (used) usage.count(used.id)
    return found
  }

  return {
    /**
     * @param acceptsRefresh whether the refresh cookie of a live session counts: a page that is open for longer than
     *   an access token is valid keeps working, although a proxy cannot hand out new cookies
     */
    async find (
      { apiKey, bearer, accessCookies, refreshCookies }: AppCredentials, { acceptsRefresh }: { acceptsRefresh: boolean }
    ): Promise<Found> {
      if (apiKey !== undefined) return byKey(apiKey)
      const byBearer = bearer === undefined ? none : await firstValid([bearer], principals.byAccessToken, false)
      if (byBearer.principal) return byBearer
      const byAccess = await firstValid(accessCookies, principals.byAccessToken, true)
      if (byAccess.principal) return byAccess
      const byRefresh = acceptsRefresh ? await firstValid(refreshCookies, principals.byRefreshToken, true) : none
      return [byRefresh, byAccess, byBearer].find(({ principal, refusal }) => principal ?? refusal) ?? none
    }
  }
}

export type AppPrincipals = ReturnType<typeof createAppPrincipals>
