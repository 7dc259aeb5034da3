import { LRUCache } from 'lru-cache'
import { ApiKeyLimitReached, NetworkNotAllowed } from '../../errors.ts'
import type { ApiKeyCredential, KeyRate, Principal } from '../access/principal.ts'
import type { Principals } from '../access/principals.ts'
import type { EventFacts } from '../audit/events.ts'
import type { RateLimits, Remaining } from './rate-limits.ts'
import type { Usage } from './usage.ts'

/** A refusal is reported once in this time for each key, so that a flood of requests does not fill the log. */
const REPORT_MS = 60_000
const REPORTED_MAX = 1000

/** The name of the limit in the RateLimit fields. */
const LIMIT_NAME = 'api-key'

type Dependencies = { principals: Pick<Principals, 'byApiKey'>, usage: Pick<Usage, 'count'>, rateLimits: RateLimits }

/** Returns the address of a client; undefined if it has none. */
export type AddressOf = () => string | undefined

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
  function use (principal: Principal, addressOf: AddressOf): Principal {
    const { credential, user } = principal
    if (credential.kind !== 'api_key') return principal
    if (credential.isAllowedFrom) {
      const address = addressOf()
      const isAllowed = address !== undefined && credential.isAllowedFrom(address)
      if (!isAllowed) throw networkNotAllowed(credential, user.id, address)
    }
    if (credential.rates.length > 0) take(credential, user.id)
    usage.count(credential.id)
    return principal
  }

  return {
    /**
     * Uses a key for a request.
     * @param addressOf returns the address of the client. It is called for keys that are limited to networks
     * @returns the principal; without a promise if it is cached
     * @throws InvalidApiKey, ExpiredApiKey, InactiveApiKey, InactiveKeyOwner, NetworkNotAllowed or ApiKeyLimitReached
     */
    by (key: string, addressOf: AddressOf): Principal | Promise<Principal> {
      const found = principals.byApiKey(key)
      return found instanceof Promise ? found.then(principal => use(principal, addressOf)) : use(found, addressOf)
    },

    /** Whether one of the limits has half of its quota or less left after a use. */
    isLow: (rates: readonly KeyRate[]): boolean => rates.some(rateLimits.isLow),

    /**
     * What the limits permit after a use: the one that permits the fewest requests.
     * @param rates at least one
     */
    leftOf (rates: readonly KeyRate[]): Remaining & { name: string } {
      let left: Remaining = { requests: Infinity, resetSeconds: 0 }
      for (const rate of rates) {
        const each = rateLimits.remaining(rate)
        if (each.requests < left.requests) left = each
      }
      return { name: LIMIT_NAME, ...left }
    }
  }
}

export type KeyUse = ReturnType<typeof createKeyUse>
