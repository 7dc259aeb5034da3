import type { User } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { useAction } from '../parts/use-action.ts'
import { useMe } from '../session/guards.tsx'
import { isWaiting, updateUser } from './users.ts'

/** A right that is to be turned round. */
export type Rights = { user: User, right: 'is_active' | 'is_superuser' }

type Wording = { title: string, effect: string, label: string, done: string }

function wordingOf ({ user: { username, ...user }, right }: Rights, isMe: boolean): Wording {
  if (right === 'is_active' && isWaiting(user)) {
    return {
      title: `Approve ${username}?`,
      effect: `${username} will be able to sign in, as a plain user.`,
      label: 'Approve',
      done: `${username} is approved.`
    }
  }
  if (right === 'is_active') {
    return user.is_active
      ? {
          title: `Deactivate ${username}?`,
          effect: `${username} will lose access within a second: every session ends, and API keys stop working. ` +
            'Nothing is deleted, and you can activate the account again.',
          label: 'Deactivate',
          done: `${username} is deactivated.`
        }
      : {
          title: `Activate ${username}?`,
          effect: `${username} will be able to sign in, and its API keys will work again. Old sessions stay ended.`,
          label: 'Activate',
          done: `${username} is active.`
        }
  }
  if (!user.is_superuser) {
    return {
      title: `Make ${username} a superuser?`,
      effect: `${username} will be able to see, change and delete every account, yours included. ` +
        'Flows, variables and keys of others stay closed to superusers.',
      label: 'Make superuser',
      done: `${username} is a superuser.`
    }
  }
  return {
    title: isMe ? 'Give up being a superuser?' : `Take the superuser role from ${username}?`,
    effect: isMe
      ? 'You will leave this page at once, and only another superuser can give the role back.'
      : `${username} will lose the Admin Page within a second, and keeps what it owns.`,
    label: isMe ? 'Give up the role' : 'Take the role away',
    done: `${username} is no longer a superuser.`
  }
}

/** Says what the change will do before it does it. */
export function RightsDialog ({ change, onClose }: { change: Rights, onClose: () => void }) {
  const { user, right } = change
  const isMe = useMe().id === user.id
  const { title, effect, label, done } = wordingOf(change, isMe)
  const action = useAction(() => updateUser(user.id, { [right]: !user[right] }), {
    changes: isMe ? ['users', 'session'] : ['users'], said: () => done, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={title} confirmLabel={label} isDangerous={user[right]} isBusy={action.isPending} failure={action.error}
      onConfirm={() => action.mutate()} onClose={onClose}
    >
      {effect}
    </ConfirmDialog>
  )
}
