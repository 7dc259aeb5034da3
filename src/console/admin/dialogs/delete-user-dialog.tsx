import type { User } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { deleteUser } from '../accounts.ts'

type Props = { user: User, onClose: () => void, onDeleted?: (() => void) | undefined }

/** Deletes an account after its username was typed. */
export function DeleteUserDialog ({ user, onClose, onDeleted }: Props) {
  const remove = useAction(() => deleteUser(user.id), {
    changes: ['accounts'],
    notice: () => `${user.username} deleted.`,
    onDone: () => { onClose(); onDeleted?.() }
  })
  return (
    <ConfirmDialog
      title={`Delete ${user.username}?`} confirmLabel='Delete account' isDangerous word={user.username}
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Deletes the account with its flows, projects, variables, API keys and sessions. This cannot be undone. To block
      access only, deactivate the account instead.
    </ConfirmDialog>
  )
}
