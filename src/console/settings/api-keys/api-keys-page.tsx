import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ApiKey } from '../../api/client.ts'
import { nameOfKey } from '../../parts/tables/api-key-cells.tsx'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { DataTable } from '../../parts/tables/data-table.tsx'
import { EmptyState } from '../../parts/pages/empty-state.tsx'
import { FailureView, FormFailure } from '../../parts/pages/failure-view.tsx'
import { Icon } from '../../parts/pages/icons.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { NameDialog } from '../../parts/dialogs/name-dialog.tsx'
import { Page } from '../../parts/pages/page.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { apiKeyColumns } from './api-key-columns.tsx'
import { apiKeysQuery, removeApiKey, updateApiKey } from './api-keys.ts'
import { NewApiKeyDialog } from './new-api-key-dialog.tsx'

type Dialog = { name: 'new' } | { name: 'rename' | 'delete', key: ApiKey }

function KeyDialog ({ dialog, onClose }: { dialog: Dialog, onClose: () => void }) {
  const options = { changes: ['api-keys'], onDone: onClose }
  const rename = useAction(updateApiKey, options)
  const remove = useAction(removeApiKey, { ...options, notice: () => 'API key deleted.' })
  if (dialog.name === 'new') return <NewApiKeyDialog onClose={onClose} />
  const { key } = dialog
  if (dialog.name === 'rename') {
    return (
      <NameDialog
        title={`Rename ${nameOfKey(key)}`} submitLabel='Save' initial={key.name ?? ''} lengthMax={256}
        isBusy={rename.isPending} failure={rename.error} onClose={onClose}
        onSubmit={name => rename.mutate({ id: key.id, name })}
      />
    )
  }
  return (
    <ConfirmDialog
      title={`Delete ${nameOfKey(key)}?`} confirmLabel='Delete key' isDangerous isBusy={remove.isPending}
      failure={remove.error} onConfirm={() => remove.mutate(key.id)} onClose={onClose}
    >
      Requests with this key will be rejected. This cannot be undone. To block the key for now, switch it off instead.
    </ConfirmDialog>
  )
}

/** The API keys of the signed-in user. */
export function ApiKeysPage () {
  const { data, error, refetch } = useQuery(apiKeysQuery)
  const [dialog, setDialog] = useState<Dialog>()
  const { mutate, error: switchFailure } = useAction(updateApiKey, {
    changes: ['api-keys'], notice: key => `${nameOfKey(key)} is ${key.is_active ? 'active' : 'inactive'}.`
  })
  const columns = useMemo(() => apiKeyColumns({
    onSwitch: key => mutate({ id: key.id, is_active: !key.is_active }),
    onRename: key => setDialog({ name: 'rename', key }),
    onDelete: key => setDialog({ name: 'delete', key })
  }), [mutate])
  const add = (
    <Button leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setDialog({ name: 'new' })}>
      New API key
    </Button>
  )
  return (
    <Page title='API keys' actions={add}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      <FormFailure failure={switchFailure} />
      {data && data.length > 0 && <DataTable label='API keys' columns={columns} data={data} />}
      {data?.length === 0 && (
        <EmptyState title='No API keys yet'>
          With an API key, a program can act as you without your password.
        </EmptyState>
      )}
      {dialog && <KeyDialog dialog={dialog} onClose={() => setDialog(undefined)} />}
    </Page>
  )
}
