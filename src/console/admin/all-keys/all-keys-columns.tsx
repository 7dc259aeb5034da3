import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { AccessCell } from '../../api-keys/access-cell.tsx'
import { KeyStatus, maskedKey, nameOfKey } from '../../api-keys/api-key-cells.tsx'
import { Moment } from '../../parts/tables/moment.tsx'
import type { Columns } from '../../parts/tables/data-table.tsx'
import { Status } from '../../parts/tables/status.tsx'
import { ServiceTag } from '../service-tag.tsx'
import type { OwnedKey } from './use-all-keys.ts'

/** The columns of the keys of all accounts. The ids of sortable columns are those of the API's `sort`. */
export const allKeysColumns = (onDelete: (key: OwnedKey) => void): Columns<OwnedKey> => [
  {
    id: 'owner',
    accessorFn: ({ owner }) => owner.username,
    header: 'Owner',
    cell: ({ row: { original: { user_id: id, owner } } }) => (
      <span className='account-name'>
        <Link className='name' to={`/admin/users/${id}`} title={owner.username}>{owner.username}</Link>
        {owner.is_service && <ServiceTag />}
      </span>
    )
  },
  {
    id: 'name',
    header: 'Key',
    enableSorting: false,
    cell: ({ row: { original: key } }) => (
      <div className='key'>
        {key.name ? <span className='name' title={key.name}>{key.name}</span> : <span className='quiet'>no name</span>}
        <code className='quiet unbroken'>{maskedKey(key)}</code>
      </div>
    )
  },
  {
    id: 'access',
    header: 'Access',
    enableSorting: false,
    cell: ({ row: { original } }) => <AccessCell apiKey={original} />
  },
  {
    id: 'status',
    header: 'Status',
    enableSorting: false,
    cell: ({ row: { original: key } }) => key.owner.is_active
      ? <KeyStatus apiKey={key} />
      : <Status tone='off'>Owner inactive</Status>
  },
  {
    id: 'created_at',
    accessorFn: key => key.created_at,
    header: 'Created',
    sortDescFirst: true,
    cell: ({ row: { original } }) => <Moment at={original.created_at} />
  },
  {
    id: 'expires_at',
    accessorFn: key => key.expires_at,
    header: 'Expires',
    cell: ({ row: { original } }) => <Moment at={original.expires_at} />
  },
  {
    id: 'last_used_at',
    accessorFn: key => key.last_used_at,
    header: 'Last used',
    sortDescFirst: true,
    cell: ({ row: { original } }) => <Moment at={original.last_used_at} />
  },
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    enableSorting: false,
    cell: ({ row: { original: key } }) => (
      <Button
        size='xs' variant='default' aria-label={`Delete ${nameOfKey(key)} of ${key.owner.username}`}
        onClick={() => onDelete(key)}
      >
        Delete…
      </Button>
    )
  }
]
