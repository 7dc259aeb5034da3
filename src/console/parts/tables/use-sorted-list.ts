import type { SortingState } from '@tanstack/react-table'
import { useListParams } from './use-list-params.ts'

/**
 * Page, size, search text and order of a list in the query of the address, with what changes them.
 * @param orders the columns by which the server sorts; the first is the preset one
 */
export function useSortedList<Order extends string> (orders: readonly [Order, ...Order[]]) {
  const { change, ...list } = useListParams()
  const sort = list.params.get('sort') ?? ''
  const name = orders.find(order => order === sort.replace(/^-/, '')) ?? orders[0]
  const isDescending = sort === `-${name}`
  const sorting: SortingState = [{ id: name, desc: isDescending }]
  return {
    ...list,
    change,
    sort: isDescending ? `-${name}` as const : name,
    sorting,
    onPage: (next: number) => change({ page: next === 0 ? undefined : String(next) }),
    onSize: (next: number) => change({ size: String(next) }),
    onSearch: (text: string) => change({ search: text }),
    onSort: ([first]: SortingState) => change({ sort: first && `${first.desc ? '-' : ''}${first.id}` })
  }
}
