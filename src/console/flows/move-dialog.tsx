import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { Flow, Project } from '../api/client.ts'
import { FormDialog } from '../parts/dialogs/form-dialog.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { updateFlow } from './flows.ts'

type Props = { flow: Flow, projects: Project[], onClose: () => void }

/** Moves a flow to another project. */
export function MoveDialog ({ flow, projects, onClose }: Props) {
  const [target, setTarget] = useState(flow.folder_id ?? '')
  const move = useAction(() => updateFlow(flow.id, { folder_id: target }), {
    changes: ['flows'],
    notice: () => `${flow.name} moved to ${projects.find(({ id }) => id === target)?.name ?? 'the project'}.`,
    onDone: onClose
  })
  return (
    <FormDialog
      title={`Move ${flow.name}`} submitLabel='Move' isBusy={move.isPending} failure={move.error}
      canSubmit={target !== flow.folder_id} onClose={onClose} onSubmit={() => move.mutate()}
    >
      <NativeSelect
        label='Project' data-autofocus value={target} onChange={event => setTarget(event.currentTarget.value)}
        data={projects.map(({ id, name }) => ({ value: id, label: id === flow.folder_id ? `${name} (current)` : name }))}
      />
    </FormDialog>
  )
}
