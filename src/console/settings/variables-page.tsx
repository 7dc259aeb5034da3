import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Variable } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { FailureView } from '../parts/failure-view.tsx'
import { Icon } from '../parts/icons.tsx'
import { Page } from '../parts/page.tsx'
import { useAction } from '../parts/use-action.ts'
import { Waiting } from '../parts/waiting.tsx'
import { variableColumns } from './variable-columns.tsx'
import { VariableDialog } from './variable-dialog.tsx'
import { removeVariable, variablesQuery } from './variables.ts'

type Dialog = { name: 'edit', variable?: Variable } | { name: 'delete', variable: Variable }

function DeleteDialog ({ variable, onClose }: { variable: Variable, onClose: () => void }) {
  const remove = useAction(removeVariable, {
    changes: ['variables'], said: () => `${variable.name} was deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${variable.name}?`} confirmLabel='Delete variable' isDangerous isBusy={remove.isPending}
      failure={remove.error} onConfirm={() => remove.mutate(variable.id)} onClose={onClose}
    >
      Flows that use it will miss it, and the value cannot be brought back.
    </ConfirmDialog>
  )
}

/** One's own variables: Langflow calls them global. */
export function VariablesPage () {
  const { data, error, refetch } = useQuery(variablesQuery)
  const [dialog, setDialog] = useState<Dialog>()
  const close = () => setDialog(undefined)
  const columns = useMemo(() => variableColumns({
    onEdit: variable => setDialog({ name: 'edit', variable }),
    onDelete: variable => setDialog({ name: 'delete', variable })
  }), [])
  const add = (
    <Button leftSection={<Icon name='add' />} onClick={() => setDialog({ name: 'edit' })}>New variable</Button>
  )
  return (
    <Page title='Variables' actions={add}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Waiting />}
      {data && data.length > 0 && <DataTable label='Variables' columns={columns} data={data} />}
      {data?.length === 0 && (
        <Empty title='No variables yet'>
          A variable is a value with a name that your flows use: an API key of another service, or a setting.
        </Empty>
      )}
      {dialog?.name === 'edit' && <VariableDialog variable={dialog.variable} onClose={close} />}
      {dialog?.name === 'delete' && <DeleteDialog variable={dialog.variable} onClose={close} />}
    </Page>
  )
}
