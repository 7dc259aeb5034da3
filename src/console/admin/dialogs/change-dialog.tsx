import type { Account } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useMe } from '../../session/guards.tsx'
import { updateUser } from '../accounts.ts'

/** A property of an account to toggle. */
export type Change = { account: Account, property: 'is_active' | 'is_superuser' }

type Texts = { title: string, effect: string, label: string, notice: string }

function activityTexts ({ user: { username }, status, is_service: isService }: Account): Texts {
  switch (status) {
    case 'pending':
      return {
        title: `Approve ${username}?`,
        effect: `${username} will be able to sign in, as a regular user.`,
        label: 'Approve',
        notice: `${username} approved.`
      }
    case 'active':
      return {
        title: `Deactivate ${username}?`,
        effect: `${username} will lose access within a second: ` +
          (isService ? 'its API keys stop working. ' : 'all sessions end and API keys stop working. ') +
          'Nothing is deleted, and you can activate the account again.',
        label: 'Deactivate',
        notice: `${username} deactivated.`
      }
    case 'inactive':
      return {
        title: `Activate ${username}?`,
        effect: isService
          ? `The API keys of ${username} will work again.`
          : `${username} will be able to sign in, and API keys of the account will work again.`,
        label: 'Activate',
        notice: `${username} activated.`
      }
  }
}

function roleTexts ({ user, is_service: isService }: Account, isMe: boolean): Texts {
  const { username, is_superuser: isSuperuser } = user
  if (!isSuperuser) {
    return {
      title: `Make ${username} a superuser?`,
      effect: `${username} will be able to see, change and delete every account, including yours. ` +
        'Superusers cannot see flows, variables and keys of other accounts.',
      label: 'Make superuser',
      notice: `${username} is now a superuser.`
    }
  }
  return {
    title: isMe ? 'Remove your superuser role?' : `Remove the superuser role of ${username}?`,
    effect: isMe
      ? 'You will lose access to the admin pages. Only another superuser can restore the role.'
      : isService
        ? `The API keys of ${username} lose the permissions of superusers within a second.`
        : `${username} will lose access to the admin pages within a second, and keeps all flows, variables and keys.`,
    label: 'Remove role',
    notice: `${username} is no longer a superuser.`
  }
}

/** States the effect of a change and asks for confirmation. */
export function ChangeDialog ({ change: { account, property }, onClose }: { change: Change, onClose: () => void }) {
  const { user } = account
  const isMe = useMe().id === user.id
  const { title, effect, label, notice } =
    property === 'is_active' ? activityTexts(account) : roleTexts(account, isMe)
  const action = useAction(() => updateUser(user.id, { [property]: !user[property] }), {
    changes: isMe ? ['accounts', 'session'] : ['accounts', 'sessions'], notice: () => notice, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={title} confirmLabel={label} isDangerous={user[property]} isBusy={action.isPending} failure={action.error}
      onConfirm={() => action.mutate()} onClose={onClose}
    >
      {effect}
    </ConfirmDialog>
  )
}
