import { DeleteUserDialog } from './delete-user-dialog.tsx'
import { EditUserDialog } from './edit-user-dialog.tsx'
import { NewUserDialog } from './new-user-dialog.tsx'
import { ResetPasswordDialog } from './reset-password-dialog.tsx'
import { type Rights, RightsDialog } from './rights-dialog.tsx'
import type { UserDialog } from './user-actions.tsx'
import { UserSessionsDialog } from './user-sessions-dialog.tsx'

export type Dialog = UserDialog | { name: 'new' } | { name: 'rights', change: Rights }

/** The one dialog that is open. */
export function AdminDialog ({ dialog, onClose }: { dialog: Dialog, onClose: () => void }) {
  switch (dialog.name) {
    case 'new': return <NewUserDialog onClose={onClose} />
    case 'rights': return <RightsDialog change={dialog.change} onClose={onClose} />
    case 'edit': return <EditUserDialog user={dialog.user} onClose={onClose} />
    case 'password': return <ResetPasswordDialog user={dialog.user} onClose={onClose} />
    case 'sessions': return <UserSessionsDialog user={dialog.user} onClose={onClose} />
    case 'delete': return <DeleteUserDialog user={dialog.user} onClose={onClose} />
  }
}
