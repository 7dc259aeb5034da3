import { Menu, Switch } from '@mantine/core'
import type { ApiKey } from '../api/client.ts'
import type { Columns } from '../parts/data-table.tsx'
import { Moment } from '../parts/moment.tsx'
import { RowAction, RowMenu } from '../parts/row-menu.tsx'
import { State } from '../parts/state.tsx'

/** What to call a key that has no name. */
export const nameOf = ({ name, api_key: key }: ApiKey) => name || `${key.slice(0, 8)}…`

const isExpired = ({ expires_at: at }: ApiKey) => at !== null && new Date(at).getTime() <= Date.now()

type Props = {
  onSwitch: (key: ApiKey) => void
  onRename: (key: ApiKey) => void
  onDelete: (key: ApiKey) => void
}

/** The columns of the list of API keys. */
export const apiKeyColumns = ({ onSwitch, onRename, onDelete }: Props): Columns<ApiKey> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original: key } }) => key.name
      ? <span className='name'>{key.name}</span>
      : <span className='quiet'>no name</span>
  },
  {
    id: 'key',
    header: 'Key',
    cell: ({ row: { original: key } }) => <code>{key.api_key.replace(/\*+$/, '')}…{key.last_characters}</code>
  },
  {
    id: 'is_active',
    header: 'Active',
    cell: ({ row: { original: key } }) => isExpired(key)
      ? <State tone='bad'>Expired</State>
      : (
        <Switch
          size='sm' checked={key.is_active} aria-label={`${nameOf(key)} is active`} onChange={() => onSwitch(key)}
        />
        )
  },
  { id: 'expires_at', header: 'Expires', cell: ({ row: { original } }) => <Moment at={original.expires_at} /> },
  { id: 'last_used_at', header: 'Last used', cell: ({ row: { original } }) => <Moment at={original.last_used_at} /> },
  { id: 'total_uses', header: 'Uses', cell: ({ row: { original } }) => original.total_uses.toLocaleString('en') },
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    cell: ({ row: { original: key } }) => (
      <RowMenu of={nameOf(key)}>
        <RowAction onClick={() => onRename(key)}>Rename…</RowAction>
        <Menu.Divider />
        <RowAction onClick={() => onDelete(key)} isDangerous>Delete…</RowAction>
      </RowMenu>
    )
  }
]
