/**
 * Settings that every session must have, whatever the defaults of the server, the database or the role are. Prisma's
 * adapter sends and reads timestamps without an offset, so another time zone than UTC would shift them by hours; `pg`
 * and the adapter both read dates in ISO format only.
 */
export const sessionSettings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY' } as const

/** The same as one SQL script, for a session that is open already. */
export const setSessionSettings = Object.entries(sessionSettings).map(([name, value]) => `SET ${name} = '${value}'`).join(';')
