/**
 * Settings that every session must have, whatever the defaults of the server, the database or the role are. Prisma's
 * adapter sends and reads timestamps without an offset, so another time zone than UTC would shift them by hours; `pg`
 * and the adapter both read dates in ISO format only. Connection poolers accept these in the start-up packet and set
 * them on each server connection they lend (PgBouncer manual, `ignore_startup_parameters`).
 */
export const trackedSettings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on' } as const

/**
 * Further settings that change what a statement means or how it fails. Poolers refuse them in the start-up packet.
 * Behind a pooler in transaction mode nothing can set them: then the role's defaults must agree, and are checked.
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

/** One statement that makes the settings of an open session; `local` ones end with the transaction. */
export const setScript = (settings: SessionSettings, { local = false } = {}): string =>
  'SELECT ' + Object.entries(settings).map(([name, value]) =>
    `set_config(${quoted(name)}, ${quoted(value)}, ${local})`).join(', ')
