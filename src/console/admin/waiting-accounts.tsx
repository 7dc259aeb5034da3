import { Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { User } from '../api/client.ts'
import { fromNow } from '../parts/moment.tsx'
import { usersQuery } from './users.ts'

const SHOWN = 5

type Props = { onApprove: (user: User) => void, onDelete: (user: User) => void, onShowAll: () => void }

/** Accounts that ask to be let in, those who wait longest first. */
export function WaitingAccounts ({ onApprove, onDelete, onShowAll }: Props) {
  const { data } = useQuery(usersQuery({ waiting: true, limit: SHOWN, sort: 'create_at' }))
  if (!data || data.total_count === 0) return null
  return (
    <section className='waiting-accounts' aria-labelledby='waiting-title'>
      <Group justify='space-between'>
        <Title order={2} size='h5' id='waiting-title'>
          Waiting for approval ({data.total_count.toLocaleString('en')})
        </Title>
        {data.total_count > SHOWN && <Button size='compact-sm' variant='subtle' onClick={onShowAll}>Show all</Button>}
      </Group>
      <ul className='items'>
        {data.users.map(user => (
          <li key={user.id}>
            <Text size='sm'>
              <span className='name'>{user.username}</span>
              <span className='quiet'> asked {fromNow(new Date(user.create_at))}</span>
            </Text>
            <Group gap='xs' wrap='nowrap'>
              <Button
                size='xs' variant='subtle' color='gray' aria-label={`Delete ${user.username}`}
                onClick={() => onDelete(user)}
              >
                Delete…
              </Button>
              <Button size='xs' onClick={() => onApprove(user)} aria-label={`Approve ${user.username}`}>Approve</Button>
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
