import { InvalidArgumentError } from 'commander'
import { parseMoment } from '../../policy/moments.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Parses a number with a unit: 30s, 15m, 12h or 90d. @returns seconds; undefined if the text is no duration */
export function parseDuration (text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const unitSeconds = UNIT_SECONDS[unit]
  return count === undefined || unitSeconds === undefined ? undefined : Number(count) * unitSeconds
}

/** A duration of at most `maxSeconds`. @returns seconds */
export const duration = (maxSeconds: number) => (text: string): number => {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds > maxSeconds) {
    throw new InvalidArgumentError(`It must be a duration of at most ${maxSeconds / 86_400} days: 30m, 12h or 7d.`)
  }
  return seconds
}

/** A date, a time, or a duration from now. */
export function moment (text: string): Date {
  const seconds = parseDuration(text)
  const date = seconds === undefined ? parseMoment(text) : new Date(Date.now() + seconds * 1000)
  if (date && date.getUTCFullYear() <= 9999) return date // false for an invalid date
  throw new InvalidArgumentError(
    'It must be a date, a time or a duration from now: 2027-01-31, 2027-01-31T00:00:00Z, 90d or 12h.')
}
