import { Menu, Switch } from '@mantine/core'
import type { ApiKey } from '../../api/client.ts'
import { isExpired, keyColumns, keyUseColumns, nameOfKey } from '../../parts/tables/api-key-cells.tsx'
import type { Columns } from '../../parts/tables/data-table.tsx'
import { RowAction, RowMenu } from '../../parts/tables/row-menu.tsx'
import { Status } from '../../parts/tables/status.tsx'
import { useNow } from '../../parts/tables/use-now.ts'

type Props = {
  onSwitch: (key: ApiKey) => void
  onRename: (key: ApiKey) => void
  onDelete: (key: ApiKey) => void
}

/** A switch until the key expires, also when it expires while the page is open. */
function KeySwitch ({ apiKey, onSwitch }: { apiKey: ApiKey, onSwitch: Props['onSwitch'] }) {
  const now = useNow()
  if (isExpired(apiKey, now)) return <Status tone='bad'>Expired</Status>
  return (
    <Switch
      size='sm' checked={apiKey.is_active} aria-label={`${nameOfKey(apiKey)} is active`}
      onChange={() => onSwitch(apiKey)}
    />
  )
}

/** The columns of the user's API keys. */
export const apiKeyColumns = ({ onSwitch, onRename, onDelete }: Props): Columns<ApiKey> => [
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
    cell: ({ row: { original: key } }) => (
      <RowMenu of={nameOfKey(key)}>
        <RowAction onClick={() => onRename(key)}>Rename…</RowAction>
        <Menu.Divider />
        <RowAction onClick={() => onDelete(key)} isDangerous>Delete…</RowAction>
      </RowMenu>
    )
  }
]
