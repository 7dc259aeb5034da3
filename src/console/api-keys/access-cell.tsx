import { Tooltip } from '@mantine/core'
import type { ApiKey } from '../api/client.ts'
import { describeLimit } from './rate-limits.ts'
import { describeScopes, nameOfPreset } from './scopes.ts'

/** A text with a list that appears on hover and focus. */
function WithList ({ children, items }: { children: string, items: string[] }) {
  return (
    <Tooltip label={<ul className='hint-list'>{items.map(item => <li key={item}>{item}</li>)}</ul>}>
      <span className='hinted' tabIndex={0}>{children}</span>
    </Tooltip>
  )
}

function Scopes ({ scopes }: { scopes: ApiKey['scopes'] }) {
  if (!scopes) return <span>Everything</span>
  if (scopes.length === 0) return <span>Nothing</span>
  const label = nameOfPreset(scopes) ?? (scopes.length === 1 ? '1 scope' : `${scopes.length} scopes`)
  return <WithList items={describeScopes(scopes)}>{label}</WithList>
}

/** What a key may do, from where and how often. */
export function AccessCell ({ apiKey }: { apiKey: ApiKey }) {
  const { scopes, allowed_networks: networks, rate_limit: rate } = apiKey
  return (
    <div className='access'>
      <Scopes scopes={scopes} />
      {networks?.length === 1 && <span className='quiet'>{networks[0]}</span>}
      {networks?.length === 0 && <span className='quiet'>no network</span>}
      {networks && networks.length > 1 && (
        <span className='quiet'><WithList items={networks}>{`${networks.length} networks`}</WithList></span>
      )}
      {rate && <span className='quiet'>{describeLimit(rate)}</span>}
    </div>
  )
}
