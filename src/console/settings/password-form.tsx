import { Button, Group, Stack, Text } from '@mantine/core'
import type { FormEvent } from 'react'
import { api, ask } from '../api/client.ts'
import { ApiFailure } from '../api/failures.ts'
import { SignInFailure } from '../login/sign-in-failure.tsx'
import { NewPassword, passwordErrors } from '../parts/new-password.tsx'
import { PasswordField } from '../parts/password-field.tsx'
import { useAction } from '../parts/use-action.ts'
import { useFields } from '../parts/use-fields.ts'
import { useMe } from '../session/guards.tsx'

const empty = { current: '', password: '', confirmation: '' }
const atCurrent = 'wrong_current_password'
const atNew = 'same_password'

/** Changes one's own password. */
export function PasswordForm () {
  const me = useMe()
  const { values, set, refuse, isFit, errorOf, showAll, reset } = useFields(empty, fields => ({
    current: fields.current === '' ? 'The current password is needed' : undefined,
    ...passwordErrors(fields, me.username)
  }))
  const change = useAction(() => ask(api.PATCH('/api/v1/users/{user_id}/reset-password', {
    params: { path: { user_id: me.id } }, body: { current_password: values.current, password: values.password }
  })), {
    changes: ['sessions'],
    said: () => 'Your password was changed. Every other session of yours has ended.',
    onDone: reset,
    onFailure: failure => refuse(failure, { password: 'password', current_password: 'current' })
  })
  const code = change.error instanceof ApiFailure ? change.error.code : undefined
  const isAtField = code === atCurrent || code === atNew ||
    (change.error instanceof ApiFailure && change.error.problems.length > 0)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    showAll()
    if (isFit) change.mutate()
  }
  const edit = (changes: Partial<typeof empty>) => { change.reset(); set(changes) }
  return (
    <form onSubmit={submit} noValidate aria-label='Change password'>
      <Stack maw={420}>
        <Text size='sm' c='dimmed'>Every other session of yours ends; API keys stay.</Text>
        <input type='text' name='username' autoComplete='username' value={me.username} readOnly hidden />
        <PasswordField
          label='Current password' required autoComplete='current-password' value={values.current}
          error={errorOf('current') ?? (code === atCurrent ? 'That is not the current password' : undefined)}
          onChange={current => edit({ current })}
        />
        <NewPassword
          label='New password' confirmLabel='Confirm new password' values={values} onChange={edit}
          errors={{
            password: errorOf('password') ?? (code === atNew ? 'That is the password you have' : undefined),
            confirmation: errorOf('confirmation')
          }}
        />
        {!isAtField && <SignInFailure failure={change.error} />}
        <Group><Button type='submit' loading={change.isPending}>Change password</Button></Group>
      </Stack>
    </form>
  )
}
