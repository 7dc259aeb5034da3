import { UnfitField } from '../../errors.ts'
import { later } from '../upkeep/clock.ts'

const DAY_SECONDS = 86_400

const earliest = (one: Date | undefined, other: Date | undefined) =>
  one && other ? (one < other ? one : other) : one ?? other

/**
 * The policy of the longest lifetime of new API keys.
 * @param maxDays LANGFLOW_API_KEY_MAX_DAYS; undefined: keys may be valid until they are deleted
 */
export function createExpiryPolicy (maxDays: number | undefined) {
  const latestFrom = (now: Date) => maxDays === undefined ? undefined : later(now, maxDays * DAY_SECONDS)
  return {
    /** The expiry of a key that is created now, or the latest one that the policy permits. */
    limit: (expiresAt: Date | undefined, now: Date): Date | undefined => earliest(expiresAt, latestFrom(now)),

    /** @throws UnfitField if the expiry is later than the policy permits */
    require (expiresAt: Date | undefined, now: Date): void {
      const latest = latestFrom(now)
      if (!expiresAt || !latest || expiresAt <= latest) return
      const msg = `Expiry must be at most ${maxDays} days from now, before ${latest.toISOString()}`
      throw new UnfitField('expires_at', msg)
    }
  }
}

export type ExpiryPolicy = ReturnType<typeof createExpiryPolicy>
