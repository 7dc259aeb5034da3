import { Switch, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { api, ask } from '../api/client.ts'
import { FormDialog } from '../parts/form-dialog.tsx'
import { NewPassword } from '../parts/new-password.tsx'
import { useAction } from '../parts/use-action.ts'
import { useNewAccount } from '../parts/use-new-account.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { updateUser } from './users.ts'

type Wishes = { isActive: boolean, isSuperuser: boolean }

/** Whether a new account is active is the server's setting: what else was wished is a change that follows. */
async function createUser (username: string, password: string, { isActive, isSuperuser }: Wishes) {
  const user = await ask(api.POST('/api/v1/users/', { body: { username, password } }))
  if (user.is_active === isActive && user.is_superuser === isSuperuser) return user
  return updateUser(user.id, { is_active: isActive, is_superuser: isSuperuser })
}

/** The documentation's dialog: Username, Password, Confirm Password, Active, Superuser. */
export function NewUserDialog ({ onClose }: { onClose: () => void }) {
  const account = useNewAccount()
  const { values, set, errorOf } = account
  const [wishes, setWishes] = useState<Wishes>({ isActive: true, isSuperuser: false })
  const [generated, setGenerated] = useState<string>()
  const create = useAction(() => createUser(values.username, values.password, wishes), {
    changes: ['users'],
    said: ({ username }) => `${username} was created.`,
    onDone: onClose,
    onFailure: account.refuseAll
  })
  const submit = () => {
    account.showAll()
    if (account.isFit) create.mutate()
  }
  return (
    <FormDialog
      title='New User' submitLabel='Save' isBusy={create.isPending} onClose={onClose} onSubmit={submit}
      failure={account.isRefusedElsewhere(create.error) ? create.error : null}
    >
      <TextInput
        label='Username' required data-autofocus autoComplete='off' autoCapitalize='none' spellCheck={false}
        description='1 to 64 characters, in the spelling that is typed at sign-in.'
        value={values.username} error={errorOf('username')}
        onChange={event => set({ username: event.currentTarget.value })}
      />
      <NewPassword
        values={values} onGenerate={setGenerated}
        onChange={({ password, confirmation }) => set({ password, confirmation })}
        errors={{ password: errorOf('password'), confirmation: errorOf('confirmation') }}
      />
      {generated !== undefined && generated === values.password && (
        <Text size='sm' component='div'>
          <code>{generated}</code> <CopyButton text={generated} label='Copy' size='compact-xs' />
        </Text>
      )}
      <Switch
        label='Active' description='Can sign in at once.' checked={wishes.isActive}
        onChange={event => setWishes({ ...wishes, isActive: event.currentTarget.checked })}
      />
      <Switch
        label='Superuser' description='Can see, change and delete every account.' checked={wishes.isSuperuser}
        onChange={event => setWishes({ ...wishes, isSuperuser: event.currentTarget.checked })}
      />
    </FormDialog>
  )
}
