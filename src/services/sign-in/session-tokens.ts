import type { PublicUser } from '../../db.ts'
import { Failure, InvalidRefreshToken } from '../../errors.ts'
import type { Caller } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { Sessions } from './sessions.ts'
import type { AccessClaims, RefreshClaims, TokenPair, Tokens } from './tokens.ts'

/** The tokens of a request, not yet verified. */
export type SentTokens = {
  bearer?: string | undefined, accessCookies: readonly string[], refreshCookies: readonly string[]
}

type Dependencies = { principals: Principals, sessions: Sessions, tokens: Tokens }

/** The results of the readings that are not refused. */
async function readable<T> (readings: Array<() => T | Promise<T>>): Promise<T[]> {
  const results = await Promise.all(readings.map(async read => {
    try {
      return [await read()]
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return []
    }
  }))
  return results.flat()
}

/** What a client does with the tokens of a session: refresh them, look at the session, end it. */
export function createSessionTokens ({ principals, sessions, tokens }: Dependencies) {
  /** Claims of the valid refresh tokens: the newest of each session, in descending order. */
  async function newestOfEachSession (sent: readonly string[]): Promise<RefreshClaims[]> {
    const claims = (await readable(sent.map(token => () => tokens.readRefresh(token))))
      .sort((a, b) => b.iat - a.iat || b.gen - a.gen)
    return claims.filter((claim, index) => claims.findIndex(({ sid }) => sid === claim.sid) === index)
  }

  async function rotateFirstValid (
    claims: RefreshClaims, others: RefreshClaims[], caller: Caller<undefined>
  ): Promise<TokenPair> {
    try {
      return await tokens.issue(await sessions.rotate(claims, caller))
    } catch (error) {
      const [next, ...rest] = others
      if (!(error instanceof InvalidRefreshToken) || !next) throw error
      return rotateFirstValid(next, rest, caller)
    }
  }

  return {
    /**
     * Exchanges a refresh token for a new pair. Of several cookies with the same name, the newest token of each session
     * is tried: a spent token beside its successor is no sign of theft.
     * @throws InvalidRefreshToken if none is valid
     */
    async refresh (sent: readonly string[], caller: Caller<undefined>): Promise<TokenPair> {
      const [first, ...others] = await newestOfEachSession(sent)
      if (!first) throw new InvalidRefreshToken()
      return rotateFirstValid(first, others, caller)
    },

    /** Ends the session of each valid token. Other tokens are ignored. */
    async logout ({ bearer, accessCookies, refreshCookies }: SentTokens, caller: Caller<undefined>): Promise<void> {
      const claims = await readable<AccessClaims | RefreshClaims>([
        ...[...bearer ? [bearer] : [], ...accessCookies].map(token => () => tokens.readAccess(token)),
        ...refreshCookies.map(token => () => tokens.readRefresh(token))
      ])
      for (const { sid, sub } of new Map(claims.map(claim => [claim.sid, claim])).values()) {
        await sessions.signOut(caller, sub, sid)
      }
    },

    /** The account of the first valid access token; undefined if none is valid. */
    async findUser (sent: readonly string[]): Promise<PublicUser | undefined> {
      for (const token of sent) {
        try {
          return (await principals.byAccessToken(token)).user
        } catch (error) {
          if (!(error instanceof Failure) || error.kind.status !== 401) throw error
        }
      }
      return undefined
    }
  }
}

export type SessionTokens = ReturnType<typeof createSessionTokens>
