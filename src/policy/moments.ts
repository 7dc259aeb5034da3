import { fullFormats } from 'ajv-formats/dist/formats.js'

/** The range that both databases, JSON and all clients support: years with four digits, in UTC. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

type Check = { validate: (text: string) => boolean }

/** The library validates days per month, leap years, hours and offsets. */
const [date, dateTime] = [fullFormats.date as Check, fullFormats['iso-date-time'] as Check]

/**
 * Parses an RFC 3339 date-time. Like Langflow, also accepts one without an offset (UTC) and a date.
 * @returns undefined if the text is invalid or outside of the years 1 to 9999 in UTC
 */
export function parseMoment (text: string): Date | undefined {
  const isDate = date.validate(text)
  if ((!isDate && !dateTime.validate(text)) || text.startsWith('0000')) return undefined
  const hasOffset = /(z|[+-]\d\d(:?\d\d)?)$/i.test(text)
  const ms = Date.parse(isDate || hasOffset ? text : `${text}Z`)
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms) : undefined
}
