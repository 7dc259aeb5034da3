import { queryOptions, useQuery } from '@tanstack/react-query'
import { ask, plain, renew, type User } from '../api/client.ts'
import { cookieNotKept } from '../api/failures.ts'

export const configQuery = queryOptions({
  queryKey: ['config'], queryFn: () => ask(plain.GET('/api/v1/config')), staleTime: Infinity
})

const readUser = async (): Promise<User | null> => (await ask(plain.GET('/api/v1/session'))).user

/** The signed-in account, after a refresh or auto login where needed. */
async function findUser (): Promise<User | null> {
  const [user, config] = await Promise.all([readUser(), ask(plain.GET('/api/v1/config'))])
  if (user) return user
  if (!config.auto_login) return await renew() ? readUser() : null
  await ask(plain.GET('/api/v1/auto_login'))
  const found = await readUser()
  if (!found) throw cookieNotKept()
  return found
}

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: findUser, staleTime: Infinity })

export const useConfig = () => useQuery(configQuery).data
