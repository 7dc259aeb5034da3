import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, ask, type User } from '../api/client.ts'
import type { operations } from '../generated/api.ts'

type Query = NonNullable<operations['listUsers']['parameters']['query']>
export type UserOrder = NonNullable<Query['sort']>

/** One page of accounts, found and ordered by the server. */
export const usersQuery = (query: Query) => queryOptions({
  queryKey: ['users', query],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/users/', { params: { query }, signal })),
  placeholderData: keepPreviousData
})

export type UserChanges = operations['updateUser']['requestBody']['content']['application/json']

export const updateUser = (id: string, body: UserChanges): Promise<User> =>
  ask(api.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: id } }, body }))

export const removeUser = (id: string) =>
  ask(api.DELETE('/api/v1/users/{user_id}', { params: { path: { user_id: id } } }))

/** Never let in yet, as opposed to deactivated. */
export const isWaiting = (user: Pick<User, 'is_active' | 'last_login_at'>) =>
  !user.is_active && user.last_login_at === null
