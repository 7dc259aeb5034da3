import { LRUCache } from 'lru-cache'
import { ApiKeyLimitReached, type Limit, NetworkNotAllowed } from '../../errors.ts'
import type { ApiKeyCredential, KeyRate, Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { EventFacts } from '../audit/events.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Usage } from './usage.ts'

/** A refusal is reported once in this time for each key, so that a flood of requests does not fill the log. */
const REPORT_MS = 60_000
const REPORTED_MAX = 1000

type Dependencies = { principals: Pick<Principals, 'byApiKey'>, usage: Pick<Usage, 'count'>, rateLimits: RateLimits }

/** The name of the limit in the RateLimit fields. */
const LIMIT_NAME = 'api-key'

/** The use of API keys by requests: the one place that checks networks and rate limits, and counts. */
export function createKeyUse ({ principals, usage, rateLimits }: Dependencies) {
  const reported = new LRUCache<string, true>({ max: REPORTED_MAX, ttl: REPORT_MS })

  function reportOnce (
    event: 'api_key_network_refused' | 'api_key_limit_reached', { id }: ApiKeyCredential, user: string
  ) {
    const place = `${event} ${id}`
    if (reported.has(place)) return []
    reported.set(place, true)
    return [{ event, api_key: id, user }] satisfies EventFacts[]
  }

  function networkNotAllowed (credential: ApiKeyCredential, user: string, address: string | undefined) {
    return new NetworkNotAllowed(`The API key is not accepted from ${address ?? 'a client without an address'}`, {
      events: reportOnce('api_key_network_refused', credential, user),
      hint: 'Let the owner of the key add the network to its allowed_networks.'
    })
  }

  function limitReached (
    credential: ApiKeyCredential, { limit, windowSeconds }: KeyRate, user: string, waitMs: number
  ) {
    return new ApiKeyLimitReached(undefined, {
      events: reportOnce('api_key_limit_reached', credential, user),
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
      limit: { name: LIMIT_NAME, quota: limit, windowSeconds }
    })
  }

  /** Counts a request if all limits permit it. @throws ApiKeyLimitReached */
  function take (credential: ApiKeyCredential, user: string) {
    const { rates } = credential
    const refuseFor = (rate: KeyRate, waitMs: number) => {
      if (waitMs > 0) throw limitReached(credential, rate, user, waitMs)
    }
    // A request that one of several limits refuses counts towards none.
    if (rates.length > 1) for (const rate of rates) refuseFor(rate, rateLimits.wait(rate))
    for (const rate of rates) refuseFor(rate, rateLimits.take(rate))
  }

  /** @throws NetworkNotAllowed or ApiKeyLimitReached */
  function use (principal: Principal, address: string | undefined): Principal {
    const { credential, user } = principal
    if (credential.kind !== 'api_key') return principal
    const { isAllowedFrom } = credential
    if (isAllowedFrom && !(address !== undefined && isAllowedFrom(address))) {
      throw networkNotAllowed(credential, user.id, address)
    }
    take(credential, user.id)
    usage.count(credential.id)
    return principal
  }

  return {
    /**
     * Uses a key for a request.
     * @param address the address of the client
     * @returns the principal; without a promise if it is cached
     * @throws InvalidApiKey, ExpiredApiKey, InactiveApiKey, InactiveKeyOwner, NetworkNotAllowed or ApiKeyLimitReached
     */
    by (key: string, address: string | undefined): Principal | Promise<Principal> {
      const found = principals.byApiKey(key)
      return found instanceof Promise ? found.then(principal => use(principal, address)) : use(found, address)
    },

    /**
     * The limit that permits the fewest requests now, and the seconds until it permits all of them again; undefined
     * without a limit.
     */
    limitOf ({ rates }: ApiKeyCredential): { limit: Limit, resetSeconds: number } | undefined {
      if (rates.length === 0) return undefined
      const states = rates.map(rate => ({ rate, ...rateLimits.remaining(rate) }))
      const [tightest] = states.sort((one, other) => one.requests - other.requests)
      if (!tightest) return undefined
      const { rate, requests: remaining, resetSeconds } = tightest
      return {
        limit: { name: LIMIT_NAME, quota: rate.limit, windowSeconds: rate.windowSeconds, remaining }, resetSeconds
      }
    }
  }
}

export type KeyUse = ReturnType<typeof createKeyUse>
