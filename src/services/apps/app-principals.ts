import { type Failure, isRefusal } from '../../errors.ts'
import type { AppCredentials } from '../../policy/forward-auth/app-credentials.ts'
import type { Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { KeyUse } from '../credentials/key-use.ts'

/** The account that a request to an app acts as, or why its credential was refused. Neither without a credential. */
export type Found = { principal?: Principal, isByCookie: boolean, refusal?: Failure }

/** A credential of a request and how its principal is found. Cached principals are returned synchronously. */
type Try = { find: () => Principal | Promise<Principal>, isByCookie: boolean }

const none: Found = { isByCookie: false }

/** @throws what is no refusal */
function refused (error: unknown, isByCookie: boolean): Found {
  if (!isRefusal(error)) throw error
  return { isByCookie, refusal: error }
}

function attempt ({ find, isByCookie }: Try): Found | Promise<Found> {
  try {
    const principal = find()
    return principal instanceof Promise
      ? principal.then(found => ({ principal: found, isByCookie }), error => refused(error, isByCookie))
      : { principal, isByCookie }
  } catch (error) {
    return refused(error, isByCookie)
  }
}

/** Continues with a result, synchronously if it is there. */
const andThen = (found: Found | Promise<Found>, next: (found: Found) => Found | Promise<Found>) =>
  found instanceof Promise ? found.then(next) : next(found)

/** The first credential that is valid, else the refusal of the first one. */
function attemptAll ([first, ...others]: readonly Try[], refusal = none): Found | Promise<Found> {
  if (!first) return refusal
  return andThen(attempt(first), found =>
    found.principal ? found : attemptAll(others, refusal === none ? found : refusal))
}

/**
 * Finds the account of a request to an app. A key or a token of ours in a header must be valid, also beside a session.
 */
export function createAppPrincipals ({ principals, keyUse }: { principals: Principals, keyUse: KeyUse }) {
  const { byAccessToken, byRefreshToken } = principals

  return {
    /**
     * @param options.address the address of the client
     * @param options.acceptsRefresh whether the refresh cookie of a live session counts: a page that is open for longer
     * than an access token is valid keeps working, although a proxy cannot hand out new cookies
     */
    find (
      { apiKey, bearer, accessCookies, refreshCookies }: AppCredentials,
      { acceptsRefresh, address }: { acceptsRefresh: boolean, address: string | undefined }
    ): Found | Promise<Found> {
      if (apiKey !== undefined) return attempt({ find: () => keyUse.by(apiKey, () => address), isByCookie: false })
      if (bearer !== undefined) return attempt({ find: () => byAccessToken(bearer), isByCookie: false })
      const tries: Try[] = accessCookies.map(token => ({ find: () => byAccessToken(token), isByCookie: true }))
      if (acceptsRefresh) {
        tries.push(...refreshCookies.map(token => ({ find: () => byRefreshToken(token), isByCookie: true })))
      }
      return attemptAll(tries)
    }
  }
}

export type AppPrincipals = ReturnType<typeof createAppPrincipals>
