import { useQuery } from '@tanstack/react-query'
import type { SortingState } from '@tanstack/react-table'
import { useListParams } from '../parts/tables/use-list-params.ts'
import { type AccountFilter, type AccountOrder, accountsQuery } from './accounts.ts'

const orders = ['username', 'create_at', 'last_login_at', 'is_active', 'is_superuser']

export const filters: ReadonlyArray<{ value: AccountFilter | undefined, label: string }> = [
  { value: undefined, label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'pending', label: 'Pending approval' },
  { value: 'inactive', label: 'Inactive' },
  { value: 'throttled', label: 'Throttled' },
  { value: 'superuser', label: 'Superusers' }
]

const isOrder = (text: string | null): text is AccountOrder =>
  text !== null && orders.includes(text.replace(/^-/, ''))

/** The list of accounts for the query of the address. */
export function useAccountList () {
  const { params, page, size, search, change } = useListParams()
  const order = params.get('sort')
  const sort = isOrder(order) ? order : 'username'
  const filter = filters.find(({ value }) => value === params.get('status'))?.value

  const query = useQuery(accountsQuery({
    skip: page * size, limit: size, sort, ...(filter ? { status: filter } : {}), ...(search === '' ? {} : { search })
  }))
  const sorting: SortingState = [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]
  return {
    ...query,
    page,
    size,
    search,
    filter,
    sorting,
    onPage: (next: number) => change({ page: next === 0 ? undefined : String(next) }),
    onSize: (next: number) => change({ size: String(next) }),
    onSearch: (text: string) => change({ search: text }),
    onFilter: (next: AccountFilter | undefined) => change({ status: next }),
    onSort: ([first]: SortingState) => change({ sort: first && `${first.desc ? '-' : ''}${first.id}` })
  }
}
