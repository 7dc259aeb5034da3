import { Alert, Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link } from 'react-router'
import { ask, plain, type User } from '../api/client.ts'
import { useNewAccount } from '../parts/use-new-account.ts'
import { NewPassword } from '../parts/new-password.tsx'
import { useAction } from '../parts/use-action.ts'
import { Waiting } from '../parts/waiting.tsx'
import { configQuery } from '../session/queries.ts'
import { Card } from './card.tsx'
import { SignInFailure } from './sign-in-failure.tsx'

const toLogin = <Anchor component={Link} to='/login' underline='always'>Sign in</Anchor>

function Done ({ user }: { user: User }) {
  return (
    <>
      <Alert role='status' title={user.is_active ? 'Your account is ready' : 'Almost there'}>
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
  })), { changes: [], onDone, onFailure: account.refuseAll })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    account.showAll()
    if (account.isFit) create.mutate()
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
        {account.isRefusedElsewhere(create.error) && <SignInFailure failure={create.error} />}
        <Button type='submit' loading={create.isPending}>Ask for an account</Button>
      </Stack>
    </form>
  )
}

/** Asking for an account, where the server lets strangers do that. */
export function SignupPage () {
  const { data: config, isPending } = useQuery(configQuery)
  const [user, setUser] = useState<User>()
  if (isPending) return <Waiting />
  if (!config?.signup_enabled) {
    return (
      <Card title='Sign up'>
        <Text size='sm'>This server takes no sign-ups: ask an administrator for an account.</Text>
        <Text size='sm'>{toLogin}</Text>
      </Card>
    )
  }
  return (
    <Card title='Sign up'>
      {user ? <Done user={user} /> : <SignupForm onDone={setUser} />}
      {!user && <Text size='sm' c='dimmed'>You have an account? {toLogin}</Text>}
    </Card>
  )
}
