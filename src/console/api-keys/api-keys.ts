import { queryOptions } from '@tanstack/react-query'
import { api, type ApiKey, ask, type User } from '../api/client.ts'
import type { operations } from '../generated/api.ts'

type Body<Operation extends 'createApiKey' | 'updateApiKey'> =
  NonNullable<operations[Operation]['requestBody']>['content']['application/json']
export type NewApiKey = Body<'createApiKey'>
export type ApiKeyChanges = Body<'updateApiKey'>

/** The account whose keys are administered: the signed-in account (`isMe`), or a service account. */
export type KeyOwner = { user: User, isMe: boolean }

/** The API keys of the signed-in account. */
export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys', 'mine'], queryFn: async () => (await ask(api.GET('/api/v1/api_key/'))).api_keys
})

/** The API keys of any account, for superusers. */
export const accountKeysQuery = (userId: string) => queryOptions({
  queryKey: ['api-keys', userId],
  queryFn: async () => (await ask(api.GET('/api/v1/users/{user_id}/api_keys', accountPath(userId)))).api_keys
})

/** The longest lifetime of a key, and the address of this browser. */
export const keyOptionsQuery = queryOptions({
  queryKey: ['key-options'], queryFn: () => ask(api.GET('/api/v1/api_key/options'))
})

/** How often a key was used on each of the last 30 days. */
export const usageQuery = ({ user, isMe }: KeyOwner, id: string) => queryOptions({
  queryKey: ['api-keys', 'usage', id],
  queryFn: () => ask(isMe
    ? api.GET('/api/v1/api_key/{api_key_id}/usage', keyPath(id))
    : api.GET('/api/v1/users/{user_id}/api_keys/{api_key_id}/usage', accountKeyPath(user.id, id)))
})

const accountPath = (userId: string) => ({ params: { path: { user_id: userId } } })
const keyPath = (id: string) => ({ params: { path: { api_key_id: id } } })
const accountKeyPath = (userId: string, id: string) => ({ params: { path: { user_id: userId, api_key_id: id } } })

export const createApiKey = ({ user, isMe }: KeyOwner, body: NewApiKey) => ask(isMe
  ? api.POST('/api/v1/api_key/', { body })
  : api.POST('/api/v1/users/{user_id}/api_keys', { ...accountPath(user.id), body }))

export const updateApiKey = ({ user, isMe }: KeyOwner, id: string, body: ApiKeyChanges): Promise<ApiKey> => ask(isMe
  ? api.PATCH('/api/v1/api_key/{api_key_id}', { ...keyPath(id), body })
  : api.PATCH('/api/v1/users/{user_id}/api_keys/{api_key_id}', { ...accountKeyPath(user.id, id), body }))

export function rotateApiKey ({ user, isMe }: KeyOwner, id: string, overlapSeconds: number) {
  const body = { overlap_seconds: overlapSeconds }
  return ask(isMe
    ? api.POST('/api/v1/api_key/{api_key_id}/rotate', { ...keyPath(id), body })
    : api.POST('/api/v1/users/{user_id}/api_keys/{api_key_id}/rotate', { ...accountKeyPath(user.id, id), body }))
}

/** Deletes a key of the signed-in account. */
export const removeApiKey = (id: string) => ask(api.DELETE('/api/v1/api_key/{api_key_id}', keyPath(id)))

/** Deletes a key of any account, for superusers. */
export const removeAccountKey = (userId: string, id: string) =>
  ask(api.DELETE('/api/v1/users/{user_id}/api_keys/{api_key_id}', accountKeyPath(userId, id)))

/** Deletes all keys of an account, for superusers. */
export const removeAccountKeys = (userId: string) =>
  ask(api.DELETE('/api/v1/users/{user_id}/api_keys', accountPath(userId)))
