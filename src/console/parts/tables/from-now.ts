/** Units with their lengths in seconds, and up to how many of each are shown: "90 days", then "3 months". */
const UNITS = [
  ['minute', 60, 59], ['hour', 3600, 23], ['day', 86_400, 90], ['month', 2_629_746, 11], ['year', 31_556_952, Infinity]
] as const
const relative = new Intl.RelativeTimeFormat('en')

/** "3 hours ago", "in 30 days": rounded to the nearest unit. */
export function fromNow (date: Date, now = Date.now()): string {
  const seconds = (date.getTime() - now) / 1000
  const unit = UNITS.find(([, size, max]) => Math.round(Math.abs(seconds) / size) <= max)
  const count = unit ? Math.round(seconds / unit[1]) : 0
  return unit && count !== 0 ? relative.format(count, unit[0]) : 'just now'
}
