import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { User } from '../api/client.ts'
import { useMe } from '../session/guards.tsx'
import { usersQuery } from './users.ts'

/** Superusers come first in this order; nobody has more of them than a page. */
const superusers = usersQuery({ sort: '-is_superuser', limit: 200 })

/** Reasons, by what they stand against. */
export type Forbidden = { deactivate?: string, demote?: string, remove?: string, resetPassword?: string }

/** Reasons why something is not possible with an account; the server decides all the same. */
export function useWhatIsForbidden () {
  const me = useMe()
  const { data } = useQuery(superusers)
  const isOnly = data !== undefined &&
    !data.users.some(user => user.is_superuser && user.is_active && user.id !== me.id)
  return useCallback((user: User): Forbidden => {
    if (user.id !== me.id) return {}
    return {
      deactivate: 'You cannot deactivate yourself.',
      remove: 'You cannot delete yourself.',
      resetPassword: 'Change your own password in Settings.',
      ...(isOnly ? { demote: 'You are the only active superuser: somebody must be left to administer.' } : {})
    }
  }, [me.id, isOnly])
}
