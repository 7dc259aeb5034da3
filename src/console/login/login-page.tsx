import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { Link, Navigate, useLocation } from 'react-router'
import { FailureView } from '../parts/failure-view.tsx'
import { PasswordField } from '../parts/password-field.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useSignIn } from '../session/actions.ts'
import { sessionQuery, useConfig } from '../session/queries.ts'
import { Card } from './card.tsx'
import { destinationOf } from './destination.ts'
import { SignInFailure } from './sign-in-failure.tsx'
import { useCountdown } from './use-countdown.ts'

function LoginForm () {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const passwordRef = useRef<HTMLInputElement>(null)
  const signIn = useSignIn()
  const mustWait = useCountdown(signIn.error) > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (mustWait) return
    signIn.mutate({ username, password }, { onError: () => passwordRef.current?.select() })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label='Username' name='username' autoComplete='username' autoCapitalize='none' spellCheck={false} required
          autoFocus value={username} onChange={event => setUsername(event.currentTarget.value)}
        />
        <PasswordField
          label='Password' name='password' autoComplete='current-password' required ref={passwordRef}
          value={password} onChange={setPassword}
        />
        <SignInFailure failure={signIn.error} />
        <Button type='submit' loading={signIn.isPending} disabled={mustWait}>Sign in</Button>
      </Stack>
    </form>
  )
}

/** The way in; whoever is in already goes on to where they wanted. */
export function LoginPage () {
  const { data: user, error, isPending, refetch } = useQuery(sessionQuery)
  const config = useConfig()
  const { search } = useLocation()
  if (isPending) return <Waiting />
  if (user) return <Navigate to={destinationOf(search)} replace />
  if (error) return <main><FailureView failure={error} retry={refetch} /></main>
  return (
    <Card title='Sign in'>
      <LoginForm />
      {config?.signup_enabled && (
        <Text size='sm' c='dimmed'>
          No account yet? <Anchor component={Link} to='/signup' underline='always'>Sign up</Anchor>
        </Text>
      )}
    </Card>
  )
}
