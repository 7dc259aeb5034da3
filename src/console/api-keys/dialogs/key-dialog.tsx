import type { ApiKey } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { NameDialog } from '../../parts/dialogs/name-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { nameOfKey } from '../api-key-cells.tsx'
import type { KeyDialogName } from '../api-key-columns.tsx'
import { type KeyOwner, removeAccountKey, removeApiKey, updateApiKey } from '../api-keys.ts'
import { RestrictionsDialog } from './restrictions-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { UsageDialog } from './usage-dialog.tsx'

type Props = { owner: KeyOwner, apiKey: ApiKey, onClose: () => void }

/** The open dialog about a key. */
export function KeyDialog ({ name, ...rest }: Props & { name: KeyDialogName }) {
  switch (name) {
    case 'rename': return <RenameDialog {...rest} />
    case 'restrictions': return <RestrictionsDialog {...rest} />
    case 'rotate': return <RotateDialog {...rest} />
    case 'usage': return <UsageDialog {...rest} />
    case 'delete': return <DeleteDialog {...rest} />
  }
}

function RenameDialog ({ owner, apiKey, onClose }: Props) {
  const rename = useAction((name: string) => updateApiKey(owner, apiKey.id, { name }), {
    changes: ['api-keys'], onDone: onClose
  })
  return (
    <NameDialog
      title={`Rename ${nameOfKey(apiKey)}`} submitLabel='Save' initial={apiKey.name ?? ''} lengthMax={256}
      isBusy={rename.isPending} failure={rename.error} onClose={onClose} onSubmit={rename.mutate}
    />
  )
}

function DeleteDialog ({ owner: { user, isMe }, apiKey, onClose }: Props) {
  const { id } = apiKey
  const remove = useAction((): Promise<unknown> => isMe ? removeApiKey(id) : removeAccountKey(user.id, id), {
    changes: ['api-keys'], notice: () => 'API key deleted.', onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${nameOfKey(apiKey)}?`} confirmLabel='Delete key' isDangerous isBusy={remove.isPending}
      failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Requests with this key will be rejected. This cannot be undone. To block the key for now, switch it off instead.
    </ConfirmDialog>
  )
}
