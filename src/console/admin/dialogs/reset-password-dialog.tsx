import { Text } from '@mantine/core'
import { useState } from 'react'
import type { User } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { GeneratedPassword } from '../../parts/fields/generated-password.tsx'
import { NewPassword, passwordErrors } from '../../parts/fields/new-password.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { updateUser } from '../accounts.ts'

/** Sets the password of an account. */
export function ResetPasswordDialog ({ user, onClose }: { user: User, onClose: () => void }) {
  const { values, set, reject, isValid, errorOf, showErrors } = useFields(
    { password: '', confirmation: '' }, fields => passwordErrors(fields, user.username))
  const [generated, setGenerated] = useState<string>()
  const reset = useAction(() => updateUser(user.id, { password: values.password }), {
    changes: ['accounts', 'sessions', 'api-keys'],
    notice: () => `Password of ${user.username} reset.`,
    onDone: onClose,
    onFailure: failure => reject(failure, { password: 'password' })
  })
  const isAtField = reset.error instanceof ApiFailure && reset.error.problems.length > 0
  const submit = () => {
    showErrors()
    if (isValid) reset.mutate()
  }
  return (
    <FormDialog
      title={`Reset the password of ${user.username}`} submitLabel='Reset password' isBusy={reset.isPending}
      failure={isAtField ? null : reset.error} onClose={onClose} onSubmit={submit}
    >
      <Text size='sm'>
        All sessions of {user.username} end, and the API keys of the account are switched off.
      </Text>
      <NewPassword
        label='New password' confirmLabel='Confirm new password' values={values}
        onChange={set} onGenerate={setGenerated}
        errors={{ password: errorOf('password'), confirmation: errorOf('confirmation') }}
      />
      {generated !== undefined && generated === values.password && <GeneratedPassword password={generated} />}
    </FormDialog>
  )
}
