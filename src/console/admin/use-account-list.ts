import { useQuery } from '@tanstack/react-query'
import type { SortingState } from '@tanstack/react-table'
import { useSearchParams } from 'react-router'
import { type AccountFilter, type AccountOrder, accountsQuery } from './accounts.ts'

export const PAGE_SIZES = [12, 25, 50, 100] as const
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
const numberOf = (text: string | null, otherwise: number) => /^\d{1,6}$/.test(text ?? '') ? Number(text) : otherwise

/** The list of accounts for the query of the address, so that it can be bookmarked and shared. */
export function useAccountList () {
  const [params, setParams] = useSearchParams()
  const [page, search, order] = [numberOf(params.get('page'), 0), params.get('search') ?? '', params.get('sort')]
  const size = PAGE_SIZES.find(each => each === numberOf(params.get('size'), 25)) ?? 25
  const sort = isOrder(order) ? order : 'username'
  const filter = filters.find(({ value }) => value === params.get('status'))?.value

  function change (changes: Record<string, string | undefined>) {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries({ page: undefined, ...changes })) {
      if (value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParams(next, { replace: true })
  }

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
