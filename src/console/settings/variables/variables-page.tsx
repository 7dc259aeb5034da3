import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Variable } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { DataTable } from '../../parts/tables/data-table.tsx'
import { EmptyState } from '../../parts/pages/empty-state.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Icon } from '../../parts/pages/icons.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Page } from '../../parts/pages/page.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { variableColumns } from './variable-columns.tsx'
import { VariableDialog } from './variable-dialog.tsx'
import { removeVariable, variablesQuery } from './variables.ts'

type Dialog = { name: 'edit', variable?: Variable } | { name: 'delete', variable: Variable }

function DeleteDialog ({ variable, onClose }: { variable: Variable, onClose: () => void }) {
  const remove = useAction(removeVariable, {
    changes: ['variables'], notice: () => `${variable.name} deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${variable.name}?`} confirmLabel='Delete variable' isDangerous isBusy={remove.isPending}
      failure={remove.error} onConfirm={() => remove.mutate(variable.id)} onClose={onClose}
    >
      Flows that use this variable will fail. This cannot be undone.
    </ConfirmDialog>
  )
}

/** The variables of the signed-in user. Langflow calls them global variables. */
export function VariablesPage () {
  const { data, error, refetch } = useQuery(variablesQuery)
  const [dialog, setDialog] = useState<Dialog>()
  const close = () => setDialog(undefined)
  const columns = useMemo(() => variableColumns({
    onEdit: variable => setDialog({ name: 'edit', variable }),
    onDelete: variable => setDialog({ name: 'delete', variable })
  }), [])
  const add = (
    <Button leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setDialog({ name: 'edit' })}>
      New variable
    </Button>
  )
  return (
    <Page title='Variables' actions={add}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      {data && data.length > 0 && <DataTable label='Variables' columns={columns} data={data} />}
      {data?.length === 0 && (
        <EmptyState title='No variables yet'>
          A variable is a named value for your flows, such as an API key of another service.
        </EmptyState>
      )}
      {dialog?.name === 'edit' && <VariableDialog variable={dialog.variable} onClose={close} />}
      {dialog?.name === 'delete' && <DeleteDialog variable={dialog.variable} onClose={close} />}
    </Page>
  )
}
