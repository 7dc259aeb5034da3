import { Failure } from '../../errors.ts'
import type { AppCredentials } from '../../policy/forward-auth/app-credentials.ts'
import { apiKeyOf, type Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { Usage } from '../credentials/usage.ts'

/** The account that a request to an app acts as, or why its credential was refused. Neither without a credential. */
export type Found = { principal?: Principal, isByCookie: boolean, refusal?: Failure }

/** A credential of a request and how its principal is found. Cached principals are returned synchronously. */
type Try = { find: () => Principal | Promise<Principal>, isByCookie: boolean }

const none: Found = { isByCookie: false }

/** @throws what is no refusal */
function refused (error: unknown, isByCookie: boolean): Found {
  const isRefusal = error instanceof Failure && (error.kind.status === 401 || error.kind.status === 403)
  if (!isRefusal) throw error
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

/** The first credential that is valid, else the refusal of the first one. */
async function attemptAll (tries: readonly Try[], refusal: Found = none): Promise<Found> {
  let first = refusal
  for (const each of tries) {
    const found = await attempt(each)
    if (found.principal) return found
    first = first === none ? found : first
  }
  return first
}

/**
 * Finds the account of a request to an app. A key or a token of ours in a header must be valid, also beside a session.
 */
export function createAppPrincipals ({ principals, usage }: { principals: Principals, usage: Usage }) {
  const { byAccessToken, byApiKey, byRefreshToken } = principals

  function countUse (found: Found): Found {
    const key = found.principal && apiKeyOf(found.principal)
    if (key) usage.count(key.id)
    return found
  }

  return {
    /**
     * @param acceptsRefresh whether the refresh cookie of a live session counts: a page that is open for longer than
     *   an access token is valid keeps working, although a proxy cannot hand out new cookies
     */
    find (
      { apiKey, bearer, accessCookies, refreshCookies }: AppCredentials, { acceptsRefresh }: { acceptsRefresh: boolean }
    ): Found | Promise<Found> {
      if (apiKey !== undefined) {
        const found = attempt({ find: () => byApiKey(apiKey), isByCookie: false })
        return found instanceof Promise ? found.then(countUse) : countUse(found)
      }
      if (bearer !== undefined) return attempt({ find: () => byAccessToken(bearer), isByCookie: false })
      const tries: Try[] = accessCookies.map(token => ({ find: () => byAccessToken(token), isByCookie: true }))
      if (acceptsRefresh) {
        tries.push(...refreshCookies.map(token => ({ find: () => byRefreshToken(token), isByCookie: true })))
      }
      const [first, ...others] = tries
      if (!first) return none
      const found = attempt(first)
      if (found instanceof Promise) {
        return found.then(settled => settled.principal ? settled : attemptAll(others, settled))
      }
      return found.principal ? found : attemptAll(others, found)
    }
  }
}

export type AppPrincipals = ReturnType<typeof createAppPrincipals>
