import { Menu, Switch } from '@mantine/core'
import type { ApiKey } from '../api/client.ts'
import type { Columns } from '../parts/tables/data-table.tsx'
import { RowAction, RowMenu } from '../parts/tables/row-menu.tsx'
import { useNow } from '../parts/tables/use-now.ts'
import { isFinal, keyColumns, KeyStatus, keyUseColumns, nameOfKey } from './api-key-cells.tsx'

/** A dialog about one key. */
export type KeyDialogName = 'rename' | 'restrictions' | 'rotate' | 'usage' | 'delete'

type Props = {
  onSwitch: (key: ApiKey) => void
  onDialog: (name: KeyDialogName, key: ApiKey) => void
}

/** A switch until the key expires or is replaced, also when it expires while the page is open. */
function KeySwitch ({ apiKey, onSwitch }: { apiKey: ApiKey, onSwitch: Props['onSwitch'] }) {
  if (isFinal(apiKey, useNow())) return <KeyStatus apiKey={apiKey} />
  return (
    <Switch
      size='sm' checked={apiKey.is_active} aria-label={`${nameOfKey(apiKey)} is active`}
      onChange={() => onSwitch(apiKey)}
    />
  )
}

function whyNotRotatable ({ replaced_by: successor, is_active: isActive }: ApiKey): string | undefined {
  if (successor) return 'This key was replaced. Rotate the new one.'
  return isActive ? undefined : 'Switch the key on first.'
}

function KeyMenu ({ apiKey: key, onDialog }: { apiKey: ApiKey, onDialog: Props['onDialog'] }) {
  const open = (name: KeyDialogName) => () => onDialog(name, key)
  return (
    <RowMenu of={nameOfKey(key)}>
      <RowAction onClick={open('rotate')} disabledReason={whyNotRotatable(key)}>Rotate…</RowAction>
      <RowAction onClick={open('restrictions')}>Restrictions…</RowAction>
      <RowAction onClick={open('usage')}>Usage…</RowAction>
      <RowAction onClick={open('rename')}>Rename…</RowAction>
      <Menu.Divider />
      <RowAction onClick={open('delete')} isDangerous>Delete…</RowAction>
    </RowMenu>
  )
}

/** The columns of the API keys of the signed-in account or of a service account. */
export const apiKeyColumns = ({ onSwitch, onDialog }: Props): Columns<ApiKey> => [
  ...keyColumns,
  {
    id: 'is_active',
    header: 'Active',
    cell: ({ row: { original } }) => <KeySwitch apiKey={original} onSwitch={onSwitch} />
  },
  ...keyUseColumns,
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    cell: ({ row: { original } }) => <KeyMenu apiKey={original} onDialog={onDialog} />
  }
]
