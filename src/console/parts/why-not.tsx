import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

/** Around what is disabled: the reason, on hover and on focus. Without a reason, nothing. */
export function WhyNot ({ reason, children }: { reason: string | undefined, children: ReactNode }) {
  if (reason === undefined) return children
  return (
    <Tooltip label={reason}>
      <span className='why-not' tabIndex={0} role='group' aria-label={reason}>{children}</span>
    </Tooltip>
  )
}
