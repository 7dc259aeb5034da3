import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

/** Wraps a disabled control and shows the reason on hover and focus. Without a reason, renders the control alone. */
export function DisabledReason ({ reason, children }: { reason: string | undefined, children: ReactNode }) {
  if (reason === undefined) return children
  return (
    <Tooltip label={reason}>
      <span className='disabled-reason' tabIndex={0} role='group' aria-label={reason}>{children}</span>
    </Tooltip>
  )
}
