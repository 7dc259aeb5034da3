import { Tooltip } from '@mantine/core'
import { fromNow } from './from-now.ts'
import { useNow } from './use-now.ts'

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })
const short = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })

/** "Nov 29, 2026, 9:00:00 AM GMT+1" */
export const exactTime = (at: string) => exact.format(new Date(at))

/** "Nov 29, 9:00 AM" */
export const shortTime = (at: string) => short.format(new Date(at))

/** A relative time; the tooltip and screen readers have the exact one with its time zone. */
export function Moment ({ at, none = 'never' }: { at: string | null, none?: string }) {
  const now = useNow()
  if (at === null) return <span className='quiet'>{none}</span>
  const date = new Date(at)
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={at} tabIndex={0}>{fromNow(date, now)}</time>
    </Tooltip>
  )
}
