import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { User } from '../api/client.ts'
import { useMe } from '../session/guards.tsx'
import { accountsQuery } from './accounts.ts'

const superusers = accountsQuery({ status: 'superuser', limit: 200 })

/** The reasons why actions are not allowed. */
export type Restrictions = { deactivate?: string, demote?: string, remove?: string, resetPassword?: string }

/** Finds the actions that the server would reject for an account. */
export function useRestrictions () {
  const me = useMe()
  const { data } = useQuery(superusers)
  // Service accounts cannot sign in, so they do not count.
  const isOnly = data !== undefined &&
    !data.accounts.some(({ user, is_service: isService }) => user.is_active && !isService && user.id !== me.id)
  return useCallback((user: User): Restrictions => {
    if (user.id !== me.id) return {}
    return {
      deactivate: 'You cannot deactivate your own account.',
      remove: 'You cannot delete your own account.',
      resetPassword: 'Change your own password in Settings.',
      ...(isOnly ? { demote: 'You are the only active superuser.' } : {})
    }
  }, [me.id, isOnly])
}
