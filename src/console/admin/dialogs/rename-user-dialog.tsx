import { TextInput } from '@mantine/core'
import type { User } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { normalizeUsername, usernameProblem } from '../../../policy/usernames.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { useMe } from '../../session/guards.tsx'
import { updateUser } from '../accounts.ts'

/** Renames an account. */
export function RenameUserDialog ({ user, onClose }: { user: User, onClose: () => void }) {
  const isMe = useMe().id === user.id
  const { values, set, reject, isValid, errorOf, showErrors } = useFields(
    { username: user.username }, ({ username }) => ({ username: usernameProblem(normalizeUsername(username)) }))
  const save = useAction(() => updateUser(user.id, { username: values.username }), {
    changes: isMe ? ['accounts', 'session'] : ['accounts'],
    notice: ({ username }) => `${user.username} renamed to ${username}.`,
    onDone: onClose,
    onFailure: failure => reject(failure, { username: 'username' })
  })
  const isTaken = save.error instanceof ApiFailure && save.error.code === 'username_taken'
  const isAtField = isTaken || (save.error instanceof ApiFailure && save.error.problems.length > 0)
  const submit = () => {
    showErrors()
    if (isValid) save.mutate()
  }
  return (
    <FormDialog
      title={`Rename ${user.username}`} submitLabel='Save' isBusy={save.isPending} failure={isAtField ? null : save.error}
      canSubmit={values.username !== user.username} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label='Username' required data-autofocus autoComplete='off' autoCapitalize='none' spellCheck={false}
        description='Sessions and API keys stay. The next sign-in requires the new username.'
        value={values.username} error={errorOf('username') ?? (isTaken ? 'This username is taken' : undefined)}
        onChange={event => { save.reset(); set({ username: event.currentTarget.value }) }}
      />
    </FormDialog>
  )
}
