import type { ApiKey } from '../../api/client.ts'
import { Moment } from './moment.tsx'
import type { Columns } from './data-table.tsx'

/** The name of a key, or its first characters. */
export const nameOfKey = ({ name, api_key: key }: ApiKey) => name || `${key.slice(0, 8)}…`

export const isExpired = ({ expires_at: at }: ApiKey, now: number) => at !== null && new Date(at).getTime() <= now

/** The columns that all lists of API keys share: before the status of a key, and after it. */
export const keyColumns: Columns<ApiKey> = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original: key } }) => key.name
      ? <span className='name' title={key.name}>{key.name}</span>
      : <span className='quiet'>no name</span>
  },
  {
    id: 'key',
    header: 'Key',
    cell: ({ row: { original: key } }) => (
      <code className='unbroken'>{key.api_key.replace(/\*+$/, '')}…{key.last_characters}</code>
    )
  }
]

export const keyUseColumns: Columns<ApiKey> = [
  { id: 'expires_at', header: 'Expires', cell: ({ row: { original } }) => <Moment at={original.expires_at} /> },
  { id: 'last_used_at', header: 'Last used', cell: ({ row: { original } }) => <Moment at={original.last_used_at} /> },
  { id: 'total_uses', header: 'Uses', cell: ({ row: { original } }) => original.total_uses.toLocaleString('en') }
]
