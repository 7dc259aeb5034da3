import { later } from '../upkeep/clock.ts'

/** How long verifiers may cache the JWKS (`Cache-Control: max-age`), in seconds. */
export const JWKS_MAX_AGE_SECONDS = 300

/**
 * How long a key is published before it signs, in seconds. Longer than the `max-age` of the JWKS, and as long as
 * libraries that ignore it keep a JWKS in memory.
 */
export const PUBLISHED_AHEAD_SECONDS = 600

/** How long a key is published after it stopped signing: the maximum lifetime of an access token and clock skew. */
export const PUBLISHED_AFTER_SECONDS = 86_400 + 300

/** Maximum lifetime of an identity token, in seconds. */
export const IDENTITY_TOKEN_SECONDS = 300

const DAY_MS = 86_400_000

/** The moments that decide the state of a key. */
export type KeyTimes = Readonly<{ activatesAt: Date, retiresAt: Date | null }>

export type KeyState = 'next' | 'active' | 'retired'

/** `next`: published, does not sign yet. `active`: signs. `retired`: published until its tokens have expired. */
export function stateOf ({ activatesAt, retiresAt }: KeyTimes, now: Date): KeyState {
  if (retiresAt !== null && retiresAt <= now) return 'retired'
  return activatesAt > now ? 'next' : 'active'
}

/** Whether the JWKS contains the key. */
export const isPublished = ({ retiresAt }: KeyTimes, now: Date): boolean =>
  retiresAt === null || later(retiresAt, PUBLISHED_AFTER_SECONDS) > now

/** Whether the next key must be created now, so that it is published early enough to replace this one in time. */
export const isDue = ({ activatesAt }: KeyTimes, days: number, now: Date): boolean =>
  now.getTime() >= activatesAt.getTime() + days * DAY_MS - PUBLISHED_AHEAD_SECONDS * 1000
