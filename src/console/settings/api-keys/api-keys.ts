import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'], queryFn: async () => (await ask(api.GET('/api/v1/api_key/'))).api_keys
})

/** The lifetimes of new keys, in days. */
export const lifetimes = [
  { value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: '1 year' },
  { value: 'never', label: 'Never' }
]

export function createApiKey ({ name, lifetime }: { name: string, lifetime: string }) {
  const days = Number(lifetime)
  const expiresAt = Number.isNaN(days) ? null : new Date(Date.now() + days * 86_400_000).toISOString()
  return ask(api.POST('/api/v1/api_key/', { body: { name: name === '' ? null : name, expires_at: expiresAt } }))
}

export const updateApiKey = ({ id, ...body }: { id: string, name?: string, is_active?: boolean }) =>
  ask(api.PATCH('/api/v1/api_key/{api_key_id}', { params: { path: { api_key_id: id } }, body }))

export const removeApiKey = (id: string) =>
  ask(api.DELETE('/api/v1/api_key/{api_key_id}', { params: { path: { api_key_id: id } } }))
