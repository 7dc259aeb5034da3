import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { type Account, api, ask, type User } from '../api/client.ts'
import type { operations } from '../generated/api.ts'

type Query = NonNullable<operations['listAccounts']['parameters']['query']>
export type AccountOrder = NonNullable<Query['sort']>
export type AccountFilter = NonNullable<Query['status']>

/** An account in a table, whose rows need an `id`. */
export type AccountRow = Account & { id: string }

/** One page of accounts, searched, filtered and sorted by the server. */
export const accountsQuery = (query: Query) => queryOptions({
  queryKey: ['accounts', query],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/accounts', { params: { query }, signal })),
  placeholderData: keepPreviousData
})

const path = (id: string) => ({ params: { path: { user_id: id } } })

export const accountQuery = (id: string) => queryOptions({
  queryKey: ['accounts', id], queryFn: () => ask(api.GET('/api/v1/accounts/{user_id}', path(id)))
})

export type UserChanges = operations['updateUser']['requestBody']['content']['application/json']

export const updateUser = (id: string, body: UserChanges): Promise<User> =>
  ask(api.PATCH('/api/v1/users/{user_id}', { ...path(id), body }))

export const deleteUser = (id: string) => ask(api.DELETE('/api/v1/users/{user_id}', path(id)))

export const createServiceAccount = (username: string): Promise<User> =>
  ask(api.POST('/api/v1/service_accounts', { body: { username } }))

export const unlockUser = (id: string): Promise<Account> => ask(api.POST('/api/v1/users/{user_id}/unlock', path(id)))

export const isThrottled = ({ throttled_until: until }: Account, now: number) =>
  until !== null && new Date(until).getTime() > now
