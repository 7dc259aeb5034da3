import { fullFormats } from 'ajv-formats/dist/formats.js'

/** What both databases, JSON, and every client can hold: years of four digits, in UTC. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

type Check = { validate: (text: string) => boolean }

/** Days per month, leap years, hours and offsets are the library's to know. */
const [date, dateTime] = [fullFormats.date as Check, fullFormats['iso-date-time'] as Check] // neither is a bare pattern

/**
 * Reads a moment: RFC 3339, and as Langflow takes it also without an offset (then UTC) or as a date alone.
 * @returns undefined when it is none, or not within the years 1 to 9999 in UTC
 */
export function parseMoment (text: string): Date | undefined {
  const isDate = date.validate(text)
  if ((!isDate && !dateTime.validate(text)) || text.startsWith('0000')) return undefined
  const hasOffset = /(z|[+-]\d\d(:?\d\d)?)$/i.test(text)
  const ms = Date.parse(isDate || hasOffset ? text : `${text}Z`)
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms) : undefined
}
