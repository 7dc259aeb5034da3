/** What the log of security events tells of; docs/events.md says of each when and with what. */
export const securityEvents = [
  'sign_in', 'sign_in_failed', 'locked', 'unlocked', 'sign_out', 'refresh_reuse', 'sessions_ended',
  'user_created', 'user_deleted', 'role_changed', 'activated', 'deactivated',
  'password_changed', 'password_change_failed', 'password_reset',
  'api_key_created', 'api_key_changed', 'api_key_deleted', 'api_keys_deleted', 'expired_api_key_used',
  'secret_read', 'keys_rotated', 'environment_import'
] as const

export type SecurityEvent = typeof securityEvents[number]

/** An event with its facts: ids and counts, never a name that was typed and never a secret. */
export type EventFacts = { event: SecurityEvent } & Readonly<Record<string, unknown>>

/** The bounds that a failure reached, as events. */
export const lockedEvents = (bounds: string[], facts: Readonly<Record<string, unknown>>): EventFacts[] =>
  bounds.map(bound => ({ ...facts, event: 'locked', bound }))
