import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import type { components } from '../../generated/api.ts'
import { useSortedList } from '../../parts/tables/use-sorted-list.ts'

export type OwnedKey = components['schemas']['OwnedApiKey']

const orders = ['owner', 'created_at', 'expires_at', 'last_used_at'] as const

/** The keys of all accounts, for the query of the address. */
export function useAllKeys () {
  const list = useSortedList(orders)
  const { page, size, sort, search } = list
  const query = { skip: page * size, limit: size, sort, ...(search === '' ? {} : { search }) }
  return {
    ...useQuery({
      queryKey: ['api-keys', 'all', query],
      queryFn: ({ signal }) => ask(api.GET('/api/v1/api_keys', { params: { query }, signal })),
      placeholderData: keepPreviousData
    }),
    ...list
  }
}
