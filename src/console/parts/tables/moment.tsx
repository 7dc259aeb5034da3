import { Tooltip } from '@mantine/core'
import { fromNow } from './from-now.ts'
import { useNow } from './use-now.ts'

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** A relative time; the tooltip and screen readers have the exact one with its time zone. */
export function Moment ({ at, none = 'never' }: { at: string | null, none?: string }) {
  const now = useNow()
  if (at === null) return <span className='quiet'>{none}</span>
  const date = new Date(at)
  return (
    <Tooltip label={exact.format(date)}>
      <time dateTime={at} tabIndex={0}>{fromNow(date, now)}</time>
    </Tooltip>
  )
}
