import { useMemo, useState } from 'react'
import type { ApiKey } from '../api/client.ts'
import { useAction } from '../parts/dialogs/use-action.ts'
import { FormFailure } from '../parts/pages/failure-view.tsx'
import { DataTable } from '../parts/tables/data-table.tsx'
import { nameOfKey } from './api-key-cells.tsx'
import { apiKeyColumns, type KeyDialogName } from './api-key-columns.tsx'
import { type KeyOwner, updateApiKey } from './api-keys.ts'
import { KeyDialog } from './dialogs/key-dialog.tsx'

/** The API keys of the signed-in account or of a service account, with everything that can be done with them. */
export function ApiKeyTable ({ label, owner, keys }: { label: string, owner: KeyOwner, keys: ApiKey[] }) {
  const [dialog, setDialog] = useState<{ name: KeyDialogName, key: ApiKey }>()
  const { mutate, error } = useAction(
    ({ id, is_active: isActive }: ApiKey) => updateApiKey(owner, id, { is_active: !isActive }), {
      changes: ['api-keys'], notice: key => `${nameOfKey(key)} is ${key.is_active ? 'active' : 'inactive'}.`
    })
  const columns = useMemo(
    () => apiKeyColumns({ onSwitch: mutate, onDialog: (name, key) => setDialog({ name, key }) }), [mutate])
  return (
    <>
      <FormFailure failure={error} />
      <DataTable label={label} columns={columns} data={keys} />
      {dialog && (
        <KeyDialog name={dialog.name} owner={owner} apiKey={dialog.key} onClose={() => setDialog(undefined)} />
      )}
    </>
  )
}
