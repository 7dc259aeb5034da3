import type { UserDialog } from '../account-menu.tsx'
import { type Change, ChangeDialog } from './change-dialog.tsx'
import { DeleteUserDialog } from './delete-user-dialog.tsx'
import { NewUserDialog } from './new-user-dialog.tsx'
import { RenameUserDialog } from './rename-user-dialog.tsx'
import { ResetPasswordDialog } from './reset-password-dialog.tsx'

export type Dialog = UserDialog | { name: 'new' } | { name: 'change', change: Change }

type Props = { dialog: Dialog, onDeleted?: () => void, onClose: () => void }

/** The open dialog. */
export function AdminDialog ({ dialog, onDeleted, onClose }: Props) {
  switch (dialog.name) {
    case 'new': return <NewUserDialog onClose={onClose} />
    case 'change': return <ChangeDialog change={dialog.change} onClose={onClose} />
    case 'rename': return <RenameUserDialog user={dialog.user} onClose={onClose} />
    case 'password': return <ResetPasswordDialog user={dialog.user} onClose={onClose} />
    case 'delete': return <DeleteUserDialog user={dialog.user} onClose={onClose} onDeleted={onDeleted} />
  }
}
