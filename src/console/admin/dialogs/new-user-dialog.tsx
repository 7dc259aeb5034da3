import { Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { GeneratedPassword } from '../../parts/fields/generated-password.tsx'
import { NewPassword } from '../../parts/fields/new-password.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useNewAccount } from '../../parts/fields/use-new-account.ts'
import { updateUser } from '../accounts.ts'

type Properties = { isActive: boolean, isSuperuser: boolean }

/** Creates an account. The server's settings decide whether it is active; a second request changes that. */
async function createUser (username: string, password: string, { isActive, isSuperuser }: Properties) {
  const user = await ask(api.POST('/api/v1/users/', { body: { username, password } }))
  if (user.is_active === isActive && user.is_superuser === isSuperuser) return user
  return updateUser(user.id, { is_active: isActive, is_superuser: isSuperuser })
}

/** Creates an account. */
export function NewUserDialog ({ onClose }: { onClose: () => void }) {
  const account = useNewAccount()
  const { values, set, errorOf } = account
  const [properties, setProperties] = useState<Properties>({ isActive: true, isSuperuser: false })
  const [generated, setGenerated] = useState<string>()
  const create = useAction(() => createUser(values.username, values.password, properties), {
    changes: ['accounts'],
    notice: ({ username }) => `${username} created.`,
    onDone: onClose,
    onFailure: account.rejectFields
  })
  const submit = () => {
    account.showErrors()
    if (account.isValid) create.mutate()
  }
  return (
    <FormDialog
      title='New user' submitLabel='Create user' isBusy={create.isPending} onClose={onClose} onSubmit={submit}
      failure={account.isFormFailure(create.error) ? create.error : null}
    >
      <TextInput
        label='Username' required data-autofocus autoComplete='off' autoCapitalize='none' spellCheck={false}
        description='1 to 64 characters. Case-sensitive at sign-in.'
        value={values.username} error={errorOf('username')}
        onChange={event => set({ username: event.currentTarget.value })}
      />
      <NewPassword
        values={values} onGenerate={setGenerated}
        onChange={({ password, confirmation }) => set({ password, confirmation })}
        errors={{ password: errorOf('password'), confirmation: errorOf('confirmation') }}
      />
      {generated !== undefined && generated === values.password && <GeneratedPassword password={generated} />}
      <Switch
        label='Active' description='Can sign in immediately.' checked={properties.isActive}
        onChange={event => setProperties({ ...properties, isActive: event.currentTarget.checked })}
      />
      <Switch
        label='Superuser' description='Can see, change and delete every account.' checked={properties.isSuperuser}
        onChange={event => setProperties({ ...properties, isSuperuser: event.currentTarget.checked })}
      />
    </FormDialog>
  )
}
