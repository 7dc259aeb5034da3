/**
 * Settings that every session must have, regardless of the defaults of the server, the database and the role. Prisma's
 * adapter sends and reads timestamps without an offset, so any time zone other than UTC would shift them. `pg` and the
 * adapter parse dates in ISO format only. Connection poolers accept these settings in the start-up packet and apply
 * them to each server connection (PgBouncer manual, `ignore_startup_parameters`).
 */
export const trackedSettings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on' } as const

/**
 * Further settings that change the meaning or the failures of statements. Poolers reject them in the start-up packet.
 * Behind a pooler in transaction mode, the role's defaults apply; Flowgate checks that they agree.
 */
export const ownSettings = {
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  transform_null_equals: 'off',
  array_nulls: 'on',
  lock_timeout: '0'
} as const

/** Settings by name. */
export type SessionSettings = Readonly<Record<string, string>>

const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`

/** A statement that applies settings to an open session. With `local`, they apply to the current transaction only. */
export const setScript = (settings: SessionSettings, { local = false } = {}): string =>
  'SELECT ' + Object.entries(settings).map(([name, value]) =>
    `set_config(${quoted(name)}, ${quoted(value)}, ${local})`).join(', ')
