import { useQuery } from '@tanstack/react-query'
import { useSortedList } from '../parts/tables/use-sorted-list.ts'
import { type AccountFilter, accountsQuery } from './accounts.ts'

const orders = ['username', 'create_at', 'last_login_at', 'is_active', 'is_superuser'] as const

export const filters: ReadonlyArray<{ value: AccountFilter | undefined, label: string }> = [
  { value: undefined, label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'pending', label: 'Pending approval' },
  { value: 'inactive', label: 'Inactive' },
  { value: 'throttled', label: 'Throttled' },
  { value: 'superuser', label: 'Superusers' }
]

/** The list of accounts for the query of the address. @param only a filter that the address cannot change */
export function useAccountList (only?: AccountFilter) {
  const { params, change, ...list } = useSortedList(orders)
  const { page, size, sort, search } = list
  const filter = only ?? filters.find(({ value }) => value === params.get('status'))?.value
  const query = useQuery(accountsQuery({
    skip: page * size, limit: size, sort, ...(filter ? { status: filter } : {}), ...(search === '' ? {} : { search })
  }))
  return {
    ...query,
    ...list,
    filter,
    onFilter: (next: AccountFilter | undefined) => change({ status: next })
  }
}
