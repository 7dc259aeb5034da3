import type { Static } from '@sinclair/typebox'
import type { Account, AccountListQuery } from '../../schemas/accounts/account-states.ts'
import type { Account as AccountState } from '../../services/accounts/account-states.ts'
import { presentTime } from '../common.ts'
import { presentUser, toUserPage } from './users.ts'

export const presentAccount = (
  { user, status, isService, isThrottled, throttledUntil }: AccountState
): Static<typeof Account> => ({
  user: presentUser(user),
  status,
  is_service: isService,
  is_throttled: isThrottled,
  throttled_until: presentTime(throttledUntil)
})

/** Converts the query of a list. */
export function toAccountPage ({ status, ...query }: Static<typeof AccountListQuery>) {
  const { waiting: _, ...page } = toUserPage({ ...query, waiting: false })
  return { ...page, filter: status }
}
