import { Tooltip } from '@mantine/core'

const UNITS = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]] as const
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** "3 hours ago", "in 2 days". */
export function fromNow (date: Date, now = new Date()): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1000)
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size)
  return unit ? relative.format(Math.trunc(seconds / unit[1]), unit[0]) : 'just now'
}

/** A moment as people say it; exact, with its time zone, on hover and for screen readers. */
export function Moment ({ at, none = 'never' }: { at: string | null, none?: string }) {
  if (at === null) return <span className='quiet'>{none}</span>
  const date = new Date(at)
  return (
    <Tooltip label={exact.format(date)}>
      <time dateTime={at} tabIndex={0}>{fromNow(date)}</time>
    </Tooltip>
  )
}
