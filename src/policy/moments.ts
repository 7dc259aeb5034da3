import { fullFormats } from 'ajv-formats/dist/formats.js'

type Check = { validate: (text: string) => boolean }

/** Days per month, leap years, hours and offsets are the library's to know. */
const [date, dateTime] = [fullFormats.date as Check, fullFormats['iso-date-time'] as Check] // neither is a bare pattern

/**
 * Reads a moment: RFC 3339, and as Langflow takes it also without an offset (then UTC) or as a date alone.
 * @returns undefined when it is none, or one before the year 1
 */
export function parseMoment (text: string): Date | undefined {
  const isDate = date.validate(text)
  if ((!isDate && !dateTime.validate(text)) || text.startsWith('0000')) return undefined
  const hasOffset = /(z|[+-]\d\d(:?\d\d)?)$/i.test(text)
  const moment = new Date(isDate || hasOffset ? text : `${text}Z`)
  return Number.isNaN(moment.getTime()) ? undefined : moment
}
