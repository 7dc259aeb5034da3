import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ask, plain, type User } from '../api/client.ts'
import { cookieNotKept } from '../api/failures.ts'
import { tell } from './channel.ts'
import { sessionQuery } from './queries.ts'

/** @throws ApiFailure `cookie_not_kept` when the browser is not signed in afterwards */
async function signIn (body: { username: string, password: string }): Promise<User> {
  await ask(plain.POST('/api/v1/login', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }))
  const { user } = await ask(plain.GET('/api/v1/session'))
  if (!user) throw cookieNotKept()
  return user
}

/** Signs in here, and lets the other tabs know. */
export function useSignIn (onSuccess: (user: User) => void = () => {}) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: signIn,
    onSuccess: user => {
      client.setQueryData(sessionQuery.queryKey, user)
      tell({ type: 'signed-in', userId: user.id })
      onSuccess(user)
    }
  })
}

/** What is left when nobody is signed in any more. */
export function useForget () {
  const client = useQueryClient()
  return () => {
    client.setQueryData(sessionQuery.queryKey, null)
    client.removeQueries({ predicate: ({ queryKey: [name] }) => name !== 'session' && name !== 'config' })
  }
}

/** Ends the session here and in the other tabs. */
export function useSignOut () {
  const forget = useForget()
  return useMutation({
    mutationFn: () => ask(plain.POST('/api/v1/logout')),
    onSuccess: () => {
      tell({ type: 'signed-out' })
      forget()
    }
  })
}
