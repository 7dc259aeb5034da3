import { useQuery } from '@tanstack/react-query'
import type { SortingState } from '@tanstack/react-table'
import { useSearchParams } from 'react-router'
import { type UserOrder, usersQuery } from './users.ts'

export const PAGE_SIZES = [12, 25, 50, 100] as const
const orders = ['username', 'create_at', 'last_login_at', 'is_active', 'is_superuser']

const isOrder = (text: string | null): text is UserOrder => text !== null && orders.includes(text.replace(/^-/, ''))
const numberOf = (text: string | null, otherwise: number) => /^\d{1,6}$/.test(text ?? '') ? Number(text) : otherwise

/** The list of accounts as the address says: it can be bookmarked, sent on and gone back to. */
export function useUserList () {
  const [params, setParams] = useSearchParams()
  const [page, search] = [numberOf(params.get('page'), 0), params.get('search') ?? '']
  const size = PAGE_SIZES.find(each => each === numberOf(params.get('size'), 25)) ?? 25
  const sort = isOrder(params.get('sort')) ? params.get('sort') as UserOrder : 'username' // the guard's argument
  const waiting = params.has('waiting')

  function change (changes: Record<string, string | undefined>) {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries({ page: undefined, ...changes })) {
      if (value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParams(next, { replace: true })
  }

  const query = useQuery(usersQuery({
    skip: page * size, limit: size, sort, waiting, ...(search === '' ? {} : { search })
  }))
  const sorting: SortingState = [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]
  return {
    ...query,
    page,
    size,
    search,
    waiting,
    sorting,
    onPage: (next: number) => change({ page: next === 0 ? undefined : String(next) }),
    onSize: (next: number) => change({ size: String(next) }),
    onSearch: (text: string) => change({ search: text }),
    onWaiting: (isOn: boolean) => change({ waiting: isOn ? 'true' : undefined }),
    onSort: ([first]: SortingState) => change({ sort: first && `${first.desc ? '-' : ''}${first.id}` })
  }
}
