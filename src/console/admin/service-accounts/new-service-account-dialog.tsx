import { Text, TextInput } from '@mantine/core'
import type { User } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { normalizeUsername, usernameProblem } from '../../../policy/usernames.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { createServiceAccount } from '../accounts.ts'

type Props = { onClose: () => void, onCreated: (user: User) => void }

/** Creates a service account. */
export function NewServiceAccountDialog ({ onClose, onCreated }: Props) {
  const { values, set, reject, isValid, errorOf, showErrors } = useFields(
    { username: '' }, ({ username }) => ({ username: usernameProblem(normalizeUsername(username)) }))
  const create = useAction(() => createServiceAccount(values.username), {
    changes: ['accounts'],
    notice: ({ username }) => `${username} created.`,
    onDone: onCreated,
    onFailure: failure => reject(failure, { username: 'username' })
  })
  const isTaken = create.error instanceof ApiFailure && create.error.code === 'username_taken'
  const isAtField = isTaken || (create.error instanceof ApiFailure && create.error.problems.length > 0)
  const submit = () => {
    showErrors()
    if (isValid) create.mutate()
  }
  return (
    <FormDialog
      title='New service account' submitLabel='Create account' isBusy={create.isPending}
      failure={isAtField ? null : create.error} onClose={onClose} onSubmit={submit}
    >
      <Text size='sm'>It is active, has no password and no permissions of a superuser. Next, create its API key.</Text>
      <TextInput
        label='Username' required data-autofocus autoComplete='off' autoCapitalize='none' spellCheck={false}
        placeholder='nightly-build' value={values.username}
        error={errorOf('username') ?? (isTaken ? 'This username is taken' : undefined)}
        onChange={event => { create.reset(); set({ username: event.currentTarget.value }) }}
      />
    </FormDialog>
  )
}
