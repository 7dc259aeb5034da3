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

function Scopes ({ scopes, isMe }: { scopes: ApiKey['scopes'], isMe: boolean }) {
  if (!scopes) return <span>Everything</span>
  const label = nameOfPreset(scopes) ?? (scopes.length === 1 ? '1 scope' : `${scopes.length} scopes`)
  return <WithList items={describeScopes(scopes, isMe)}>{label}</WithList>
}

type Props = { apiKey: ApiKey, isMe: boolean }

/** What a key may do, from where and how often. */
export function AccessCell ({ apiKey: { scopes, allowed_networks: networks, rate_limit: rate }, isMe }: Props) {
  return (
    <div className='access'>
      <Scopes scopes={scopes} isMe={isMe} />
      {networks?.length === 1 && <span className='quiet'>{networks[0]}</span>}
      {networks && networks.length !== 1 && (
        <span className='quiet'><WithList items={networks}>{`${networks.length} networks`}</WithList></span>
      )}
      {rate && <span className='quiet'>{describeLimit(rate)}</span>}
    </div>
  )
}
