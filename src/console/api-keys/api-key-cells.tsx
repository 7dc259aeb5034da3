import type { ApiKey } from '../api/client.ts'
import type { Columns } from '../parts/tables/data-table.tsx'
import { Moment, shortTime } from '../parts/tables/moment.tsx'
import { Status } from '../parts/tables/status.tsx'
import { useNow } from '../parts/tables/use-now.ts'
import { AccessCell } from './access-cell.tsx'

/** The name of a key, or its first characters. */
export const nameOfKey = ({ name, api_key: key }: Pick<ApiKey, 'name' | 'api_key'>) => name || `${key.slice(0, 8)}…`

/** Its first and last characters. */
export const maskedKey = ({ api_key: key, last_characters: end }: ApiKey) => `${key.replace(/\*+$/, '')}…${end}`

export const isExpired = ({ expires_at: at }: Pick<ApiKey, 'expires_at'>, now: number) =>
  at !== null && new Date(at).getTime() <= now

/** Whether a key cannot be switched on and off any more. */
export const isFinal = (key: ApiKey, now: number) => key.replaced_by !== undefined || isExpired(key, now)

/** Whether a key works; for a replaced one, until when. */
export function KeyStatus ({ apiKey: key }: { apiKey: ApiKey }) {
  const isReplaced = key.replaced_by !== undefined
  if (isExpired(key, useNow())) {
    return isReplaced ? <Status tone='off'>Replaced</Status> : <Status tone='bad'>Expired</Status>
  }
  if (!key.is_active) return <Status tone='off'>Inactive</Status>
  if (!isReplaced || key.expires_at === null) return <Status tone='good'>Active</Status>
  return (
    <div>
      <Status tone='wait'>Replaced</Status>
      <div className='quiet fine'>works until {shortTime(key.expires_at)}</div>
    </div>
  )
}

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
    cell: ({ row: { original } }) => <code className='unbroken'>{maskedKey(original)}</code>
  },
  { id: 'access', header: 'Access', cell: ({ row: { original } }) => <AccessCell apiKey={original} /> }
]

export const keyUseColumns: Columns<ApiKey> = [
  { id: 'expires_at', header: 'Expires', cell: ({ row: { original } }) => <Moment at={original.expires_at} /> },
  { id: 'last_used_at', header: 'Last used', cell: ({ row: { original } }) => <Moment at={original.last_used_at} /> },
  { id: 'total_uses', header: 'Uses', cell: ({ row: { original } }) => original.total_uses.toLocaleString('en') }
]
