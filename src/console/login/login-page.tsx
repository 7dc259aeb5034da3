import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Link, Navigate, useLocation } from 'react-router'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { PasswordField } from '../parts/fields/password-field.tsx'
import { useSignIn } from '../session/actions.ts'
import { sessionQuery, useConfig } from '../session/queries.ts'
import { destinationOf } from './destination.ts'
import { forgetReturn } from './last-return.ts'
import { PublicPage } from './public-page.tsx'
import { ReturnToApp } from './return-to-app.tsx'
import { SignInFailure } from './sign-in-failure.tsx'
import { useCountdown } from './use-countdown.ts'

function LoginForm () {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const passwordRef = useRef<HTMLInputElement>(null)
  const signIn = useSignIn()
  useEffect(forgetReturn, [])
  const isThrottled = useCountdown(signIn.error) > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isThrottled) return
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
        <Button type='submit' loading={signIn.isPending} disabled={isThrottled}>Sign in</Button>
      </Stack>
    </form>
  )
}

/** The sign-in form. Redirects when there is a session. */
export function LoginPage () {
  const { data: user, error, isPending, refetch } = useQuery(sessionQuery)
  const config = useConfig()
  const { search } = useLocation()
  if (isPending) return <Loading />
  if (user) {
    const destination = destinationOf(search)
    return 'app' in destination ? <ReturnToApp url={destination.app} /> : <Navigate to={destination.page} replace />
  }
  if (error) return <main><FailureView failure={error} retry={refetch} /></main>
  return (
    <PublicPage title='Sign in'>
      <LoginForm />
      {config?.signup_enabled && (
        <Text size='sm' c='dimmed'>
          No account? <Anchor component={Link} to='/signup' underline='always'>Sign up</Anchor>
        </Text>
      )}
    </PublicPage>
  )
}
