import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ask, plain, type User } from '../api/client.ts'
import { cookieNotKept } from '../api/failures.ts'
import { broadcast } from './channel.ts'
import { sessionQuery } from './queries.ts'

/** @throws ApiFailure `cookie_not_kept` when the browser did not store the cookies */
async function signIn (body: { username: string, password: string }): Promise<User> {
  await ask(plain.POST('/api/v1/login', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }))
  const { user } = await ask(plain.GET('/api/v1/session'))
  if (!user) throw cookieNotKept()
  return user
}

/** Signs in and notifies the other tabs. */
export function useSignIn (onSuccess: (user: User) => void = () => {}) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: signIn,
    onSuccess: user => {
      client.setQueryData(sessionQuery.queryKey, user)
      broadcast({ type: 'signed-in', userId: user.id })
      onSuccess(user)
    }
  })
}

/** Removes the data of the ended session. */
export function useClearSession () {
  const client = useQueryClient()
  return () => {
    client.setQueryData(sessionQuery.queryKey, null)
    client.removeQueries({ predicate: ({ queryKey: [name] }) => name !== 'session' && name !== 'config' })
  }
}

/** Signs out in all tabs. */
export function useSignOut () {
  const clear = useClearSession()
  return useMutation({
    mutationFn: () => ask(plain.POST('/api/v1/logout')),
    onSuccess: () => {
      broadcast({ type: 'signed-out' })
      clear()
    }
  })
}
