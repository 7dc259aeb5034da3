import type { User } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { useAction } from '../parts/use-action.ts'
import { removeUser } from './users.ts'

/** Deletes an account once its name was typed. */
export function DeleteUserDialog ({ user, onClose }: { user: User, onClose: () => void }) {
  const remove = useAction(() => removeUser(user.id), {
    changes: ['users'], said: () => `${user.username} was deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${user.username}?`} confirmLabel='Delete account' isDangerous word={user.username}
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      The account and all that it owns go for good: flows, projects, variables, API keys and sessions. To only lock{' '}
      {user.username} out, deactivate the account instead.
    </ConfirmDialog>
  )
}
