import { Button, Group, Stack, Text } from '@mantine/core'
import type { FormEvent } from 'react'
import { api, ask } from '../api/client.ts'
import { ApiFailure } from '../api/failures.ts'
import { SignInFailure } from '../login/sign-in-failure.tsx'
import { NewPassword, passwordErrors } from '../parts/fields/new-password.tsx'
import { PasswordField } from '../parts/fields/password-field.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { useFields } from '../parts/dialogs/use-fields.ts'
import { useMe } from '../session/guards.tsx'

const empty = { current: '', password: '', confirmation: '' }
const atCurrent = 'wrong_current_password'
const atNew = 'same_password'

/** Changes the password of the signed-in user. */
export function PasswordForm () {
  const me = useMe()
  const { values, set, reject, isValid, errorOf, showErrors, reset } = useFields(empty, fields => ({
    current: fields.current === '' ? 'Current password is required' : undefined,
    ...passwordErrors(fields, me.username)
  }))
  const change = useAction(() => ask(api.PATCH('/api/v1/users/{user_id}/reset-password', {
    params: { path: { user_id: me.id } }, body: { current_password: values.current, password: values.password }
  })), {
    changes: ['sessions'],
    notice: () => 'Password changed. All other sessions were signed out.',
    onDone: reset,
    onFailure: failure => reject(failure, { password: 'password', current_password: 'current' })
  })
  const code = change.error instanceof ApiFailure ? change.error.code : undefined
  const isAtField = code === atCurrent || code === atNew ||
    (change.error instanceof ApiFailure && change.error.problems.length > 0)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    showErrors()
    if (isValid) change.mutate()
  }
  const edit = (changes: Partial<typeof empty>) => { change.reset(); set(changes) }
  return (
    <form onSubmit={submit} noValidate aria-label='Change password'>
      <Stack maw={420}>
        <Text size='sm' c='dimmed'>Changing the password signs out all other sessions. API keys keep working.</Text>
        <input type='text' name='username' autoComplete='username' value={me.username} readOnly hidden />
        <PasswordField
          label='Current password' required autoComplete='current-password' value={values.current}
          error={errorOf('current') ?? (code === atCurrent ? 'Wrong current password' : undefined)}
          onChange={current => edit({ current })}
        />
        <NewPassword
          label='New password' confirmLabel='Confirm new password' values={values} onChange={edit}
          errors={{
            password: errorOf('password') ?? (code === atNew ? 'Must differ from the current password' : undefined),
            confirmation: errorOf('confirmation')
          }}
        />
        {!isAtField && <SignInFailure failure={change.error} />}
        <Group><Button type='submit' loading={change.isPending}>Change password</Button></Group>
      </Stack>
    </form>
  )
}
