import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask, type User } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureView, FormFailure } from '../parts/failure-view.tsx'
import { SessionItems } from '../parts/session-list.tsx'
import { useAction } from '../parts/use-action.ts'
import { Waiting } from '../parts/waiting.tsx'
import { useMe } from '../session/guards.tsx'

/** Where somebody is signed in, and the end of all of it. */
export function UserSessionsDialog ({ user, onClose }: { user: User, onClose: () => void }) {
  const isMe = useMe().id === user.id
  const params = { path: { user_id: user.id } }
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', user.id], queryFn: () => ask(api.GET('/api/v1/users/{user_id}/sessions', { params }))
  })
  const end = useAction(() => ask(api.DELETE('/api/v1/users/{user_id}/sessions', { params })), {
    changes: ['sessions'], said: ({ ended }) => `Sessions of ${user.username} that ended: ${ended}.`, onDone: onClose
  })
  return (
    <Dialog onClose={onClose} title={`Sessions of ${user.username}`}>
      {!data && !error && <Waiting />}
      {error && <FailureView failure={error} retry={refetch} />}
      {data?.total_count === 0 && <Text size='sm' c='dimmed'>{user.username} is signed in nowhere.</Text>}
      {data && <SessionItems sessions={data.sessions} />}
      <FormFailure failure={end.error} />
      <Group justify='flex-end' mt='md'>
        <Button variant='default' onClick={onClose}>Close</Button>
        <Button
          color='red' loading={end.isPending} disabled={!data || data.total_count === 0} onClick={() => end.mutate()}
        >
          {isMe ? 'End all, this one included' : 'End all'}
        </Button>
      </Group>
    </Dialog>
  )
}
