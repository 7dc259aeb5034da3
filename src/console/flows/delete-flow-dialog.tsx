import type { Flow } from '../api/client.ts'
import { ConfirmDialog } from '../parts/dialogs/confirm-dialog.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { removeFlow } from './flows.ts'

export function DeleteFlowDialog ({ flow, onClose }: { flow: Flow, onClose: () => void }) {
  const remove = useAction(() => removeFlow(flow.id), {
    changes: ['flows'], notice: () => `${flow.name} deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${flow.name}?`} confirmLabel='Delete' isDangerous isBusy={remove.isPending}
      failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      This cannot be undone. Download the flow first to keep a copy.
    </ConfirmDialog>
  )
}
