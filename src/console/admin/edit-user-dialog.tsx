import { TextInput } from '@mantine/core'
import type { User } from '../api/client.ts'
import { ApiFailure } from '../api/failures.ts'
import { normalizeUsername, usernameProblem } from '../../policy/usernames.ts'
import { FormDialog } from '../parts/form-dialog.tsx'
import { useAction } from '../parts/use-action.ts'
import { useFields } from '../parts/use-fields.ts'
import { useMe } from '../session/guards.tsx'
import { updateUser } from './users.ts'

/** Renames an account. Rights and password have their own places. */
export function EditUserDialog ({ user, onClose }: { user: User, onClose: () => void }) {
  const isMe = useMe().id === user.id
  const { values, set, refuse, isFit, errorOf, showAll } = useFields({ username: user.username }, ({ username }) => ({
    username: usernameProblem(normalizeUsername(username))
  }))
  const save = useAction(() => updateUser(user.id, { username: values.username }), {
    changes: isMe ? ['users', 'session'] : ['users'],
    said: ({ username }) => `${user.username} is now ${username}.`,
    onDone: onClose,
    onFailure: failure => refuse(failure, { username: 'username' })
  })
  const isTaken = save.error instanceof ApiFailure && save.error.code === 'username_taken'
  const isAtField = isTaken || (save.error instanceof ApiFailure && save.error.problems.length > 0)
  const submit = () => {
    showAll()
    if (isFit) save.mutate()
  }
  return (
    <FormDialog
      title={`Edit ${user.username}`} submitLabel='Save' isBusy={save.isPending} failure={isAtField ? null : save.error}
      canSubmit={values.username !== user.username} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label='Username' required data-autofocus autoComplete='off' autoCapitalize='none' spellCheck={false}
        description='Sessions and keys stay; the next sign-in is with the new name.'
        value={values.username} error={errorOf('username') ?? (isTaken ? 'This username is taken' : undefined)}
        onChange={event => { save.reset(); set({ username: event.currentTarget.value }) }}
      />
    </FormDialog>
  )
}
