import { nameOfKey } from '../../api-keys/api-key-cells.tsx'
import { removeAccountKey, removeAccountKeys } from '../../api-keys/api-keys.ts'
import type { ApiKey } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'

/** One key of an account, or all. */
export type Target = ApiKey | 'all'

type Props = { owner: { id: string, username: string }, target: Target, count?: number, onClose: () => void }

/** Deletes keys of an account. @param count the number of its keys */
export function DeleteKeysDialog ({ owner: { id, username }, target, count = 1, onClose }: Props) {
  const all = count === 1 ? '1 API key' : `${count} API keys`
  const subject = target === 'all' ? `${all} of ${username}` : `${nameOfKey(target)} of ${username}`
  const remove = useAction(() => target === 'all' ? removeAccountKeys(id) : removeAccountKey(id, target.id), {
    changes: ['api-keys'], notice: () => `${subject} deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${subject}?`} confirmLabel={target === 'all' ? `Delete ${all}` : 'Delete key'} isDangerous
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Requests with {target === 'all' ? 'these keys' : 'this key'} will be rejected. This cannot be undone.
    </ConfirmDialog>
  )
}
