import { Stack } from '@mantine/core'
import { useState } from 'react'
import type { KeyOwner } from '../api-keys.ts'
import { NetworksField } from './networks-field.tsx'
import { PermissionField } from './permission-field.tsx'
import { RateLimitField } from './rate-limit-field.tsx'
import type { RestrictionValues } from './restrictions.ts'

type Names = 'scopes' | 'networks' | 'limit'

type Props = {
  owner: KeyOwner
  values: RestrictionValues
  set: (changes: Partial<RestrictionValues>) => void
  errorOf: (name: Names) => string | undefined
}

/** What a key may do. */
export function Permissions (
  { owner, values, set, errorOf, hasEverything = true }: Props & { hasEverything?: boolean }
) {
  return (
    <PermissionField
      permission={values.permission} scopes={values.scopes} owner={owner} hasEverything={hasEverything}
      error={errorOf('scopes')} onChange={set}
    />
  )
}

/** From where and how often a key may be used. */
export function NetworksAndLimit ({ values, set, errorOf }: Omit<Props, 'owner'>) {
  return (
    <Stack>
      <NetworksField
        value={values.networks} error={errorOf('networks')} onChange={networks => set({ networks })}
      />
      <RateLimitField
        limit={values.limit} windowSeconds={values.windowSeconds} error={errorOf('limit')} onChange={set}
      />
    </Stack>
  )
}

/** The same, closed until it is opened or has an error. */
export function MoreRestrictions (props: Omit<Props, 'owner'>) {
  const [isOpen, setOpen] = useState(false)
  const hasError = props.errorOf('networks') !== undefined || props.errorOf('limit') !== undefined
  return (
    <details className='more' open={isOpen || hasError} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>Networks and rate limit</summary>
      <NetworksAndLimit {...props} />
    </details>
  )
}
