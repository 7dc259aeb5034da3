import { Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { User } from '../api/client.ts'
import { Dialog } from '../parts/dialogs/dialog.tsx'
import { PasswordField } from '../parts/fields/password-field.tsx'
import { SignInFailure } from '../login/sign-in-failure.tsx'
import { useClearSession, useSignIn } from './actions.ts'
import { closeSignIn, useIsExpired } from './expired-session.ts'
import { sessionQuery } from './queries.ts'

function Form ({ user }: { user: User }) {
  const [password, setPassword] = useState('')
  const signIn = useSignIn(() => closeSignIn(true))
  const clear = useClearSession()
  const leave = () => { closeSignIn(false); clear() }
  return (
    <form onSubmit={event => { event.preventDefault(); signIn.mutate({ username: user.username, password }) }}>
      <Stack>
        <Text>Sign in as <b>{user.username}</b> to continue. Your input is kept.</Text>
        {/* Password managers read the username from this field. */}
        <input type='text' name='username' autoComplete='username' value={user.username} readOnly hidden />
        <PasswordField
          label='Password' autoComplete='current-password' required data-autofocus
          value={password} onChange={setPassword}
        />
        <SignInFailure failure={signIn.error} />
        <Group justify='flex-end'>
          <Button variant='default' onClick={leave}>Sign out</Button>
          <Button type='submit' loading={signIn.isPending} disabled={password === ''}>Sign in</Button>
        </Group>
      </Stack>
    </form>
  )
}

/** A dialog over the page when the session has ended. The input on the page is kept. */
export function SignInAgain () {
  const isExpired = useIsExpired()
  const user = useQueryClient().getQueryData(sessionQuery.queryKey)
  if (!isExpired || !user) return null
  return <Dialog title='Your session has ended' zIndex={400}><Form user={user} /></Dialog>
}
