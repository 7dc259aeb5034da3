/** Every security event. docs/events.md describes when each is written, and its facts. */
export const securityEvents = [
  'sign_in', 'sign_in_failed', 'locked', 'unlocked', 'sign_out', 'refresh_reuse', 'sessions_ended',
  'user_created', 'user_deleted', 'role_changed', 'activated', 'deactivated',
  'password_changed', 'password_change_failed', 'password_reset',
  'api_key_created', 'api_key_changed', 'api_key_deleted', 'api_keys_deleted', 'api_key_rotated',
  'expired_api_key_used', 'api_key_network_refused', 'api_key_limit_reached',
  'secret_read', 'keys_rotated', 'environment_import',
  'signing_key_created', 'signing_keys_withdrawn', 'identity_token_issued'
] as const

export type SecurityEvent = typeof securityEvents[number]

const refusals: ReadonlySet<SecurityEvent> = new Set([
  'sign_in_failed', 'locked', 'refresh_reuse', 'password_change_failed', 'expired_api_key_used',
  'api_key_network_refused', 'api_key_limit_reached'
] satisfies SecurityEvent[])

/** Whether the event reports a refused request. Such events are logged as warnings. */
export const isRefusal = (event: SecurityEvent): boolean => refusals.has(event)

/** An event with its facts, as a failure carries it (see errors.ts, FailureDetails). */
export type EventFacts = { event: SecurityEvent } & Readonly<Record<string, unknown>>

/** One `locked` event for each limit that a failure reached. */
export const lockedEvents = (bounds: string[], facts: Readonly<Record<string, unknown>>): EventFacts[] =>
  bounds.map(bound => ({ ...facts, event: 'locked', bound }))
