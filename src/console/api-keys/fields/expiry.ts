const DAY_MS = 86_400_000
const PRESETS = [30, 90, 365]

const describeDays = (days: number) => days === 365 ? '1 year' : days === 1 ? '1 day' : `${days} days`

/** The lifetimes of new keys to choose from. @param maxDays the longest that the server permits, if it limits them */
export function lifetimesWithin (maxDays: number | null) {
  const days = maxDays === null ? PRESETS : [...PRESETS.filter(preset => preset < maxDays), maxDays]
  return [
    ...days.map(count => ({ value: String(count), label: describeDays(count) })),
    { value: 'date', label: 'On a date…' },
    ...(maxDays === null ? [{ value: 'never', label: 'Never' }] : [])
  ]
}

/** The preset lifetime: 90 days, or the longest. */
export const defaultLifetime = (maxDays: number | null) => String(Math.min(90, maxDays ?? 90))

/** In the form of date fields, in the time zone of the browser. */
const localDay = (ms: number) => new Intl.DateTimeFormat('sv').format(ms)

/** The first and the last date for a key: it works until the end of that day. */
export const datesWithin = (maxDays: number | null) => ({
  min: localDay(Date.now()),
  max: maxDays === null ? undefined : localDay(Date.now() + (maxDays - 1) * DAY_MS)
})

/** What is wrong with a date. */
export function dateProblem (date: string): string | undefined {
  if (date === '') return 'Date is required'
  return new Date(`${date}T23:59:59`).getTime() > Date.now() ? undefined : 'Date must be in the future'
}

/** When a new key expires. Undefined: never, or at the latest moment that the server permits. */
export function expiryOf (lifetime: string, date: string, maxDays: number | null): string | undefined {
  if (lifetime === 'never' || lifetime === String(maxDays)) return undefined
  const at = lifetime === 'date' ? new Date(`${date}T23:59:59`) : new Date(Date.now() + Number(lifetime) * DAY_MS)
  return at.toISOString()
}
