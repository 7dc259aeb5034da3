import { Alert, Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link } from 'react-router'
import { ask, plain, type User } from '../api/client.ts'
import { Loading } from '../parts/pages/loading.tsx'
import { useNewAccount } from '../parts/fields/use-new-account.ts'
import { NewPassword } from '../parts/fields/new-password.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { configQuery } from '../session/queries.ts'
import { PublicPage } from './public-page.tsx'
import { SignInFailure } from './sign-in-failure.tsx'

const toLogin = <Anchor component={Link} to='/login' underline='always'>Sign in</Anchor>

function Done ({ user }: { user: User }) {
  return (
    <>
      <Alert role='status' title={user.is_active ? 'Your account is ready' : 'Pending approval'}>
        <Text size='sm'>
          {user.is_active
            ? <>You can sign in as <b>{user.username}</b> now.</>
            : <>An administrator must approve <b>{user.username}</b>. After that you can sign in.</>}
        </Text>
      </Alert>
      <Text size='sm'>{toLogin}</Text>
    </>
  )
}

function SignupForm ({ onDone }: { onDone: (user: User) => void }) {
  const account = useNewAccount()
  const { values, set, errorOf } = account
  const create = useAction(() => ask(plain.POST('/api/v1/users/', {
    body: { username: values.username, password: values.password }
  })), { changes: [], onDone, onFailure: account.rejectFields })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    account.showErrors()
    if (account.isValid) create.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label='Username' autoComplete='username' autoCapitalize='none' spellCheck={false} required autoFocus
          value={values.username} error={errorOf('username')}
          onChange={event => set({ username: event.currentTarget.value })}
        />
        <NewPassword
          values={values} onChange={({ password, confirmation }) => set({ password, confirmation })}
          errors={{ password: errorOf('password'), confirmation: errorOf('confirmation') }}
        />
        {account.isFormFailure(create.error) && <SignInFailure failure={create.error} />}
        <Button type='submit' loading={create.isPending}>Sign up</Button>
      </Stack>
    </form>
  )
}

/** The sign-up form, where the settings allow sign-up. */
export function SignupPage () {
  const { data: config, isPending } = useQuery(configQuery)
  const [user, setUser] = useState<User>()
  if (isPending) return <Loading />
  if (!config?.signup_enabled) {
    return (
      <PublicPage title='Sign up'>
        <Text size='sm'>Sign-up is disabled on this server. Ask an administrator for an account.</Text>
        <Text size='sm'>{toLogin}</Text>
      </PublicPage>
    )
  }
  return (
    <PublicPage title='Sign up'>
      {user ? <Done user={user} /> : <SignupForm onDone={setUser} />}
      {!user && <Text size='sm' c='dimmed'>Already have an account? {toLogin}</Text>}
    </PublicPage>
  )
}
