import { Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { User } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { PasswordField } from '../parts/password-field.tsx'
import { SignInFailure } from '../login/sign-in-failure.tsx'
import { useForget, useSignIn } from './actions.ts'
import { settleExpiry, useIsExpired } from './expiry.ts'
import { sessionQuery } from './queries.ts'

function Form ({ user }: { user: User }) {
  const [password, setPassword] = useState('')
  const signIn = useSignIn(() => settleExpiry(true))
  const forget = useForget()
  const leave = () => { settleExpiry(false); forget() }
  return (
    <form onSubmit={event => { event.preventDefault(); signIn.mutate({ username: user.username, password }) }}>
      <Stack>
        <Text>Sign in as <b>{user.username}</b> to go on. What you typed is still here.</Text>
        {/* For password managers: whose password it is. */}
        <input type='text' name='username' autoComplete='username' value={user.username} readOnly hidden />
        <PasswordField
          label='Password' autoComplete='current-password' required data-autofocus
          value={password} onChange={setPassword}
        />
        <SignInFailure failure={signIn.error} />
        <Group justify='flex-end'>
          <Button variant='default' onClick={leave}>Leave</Button>
          <Button type='submit' loading={signIn.isPending} disabled={password === ''}>Sign in</Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Over the page when the session has ended while somebody worked: nothing that was typed is lost. */
export function SignInAgain () {
  const isExpired = useIsExpired()
  const user = useQueryClient().getQueryData(sessionQuery.queryKey)
  if (!isExpired || !user) return null
  return <Dialog title='Your session has ended' zIndex={400}><Form user={user} /></Dialog>
}
