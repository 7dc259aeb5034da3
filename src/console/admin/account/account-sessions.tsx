import { Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type Session, type User } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { FailureView, FormFailure } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { SessionList } from '../../parts/tables/session-list.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'

type Props = { user: User, isMe: boolean }

/** The open sessions of an account, which a superuser can end. */
export function AccountSessions ({ user, isMe }: Props) {
  const [isConfirming, setConfirming] = useState(false)
  const params = { path: { user_id: user.id } }
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', user.id], queryFn: () => ask(api.GET('/api/v1/users/{user_id}/sessions', { params }))
  })
  const end = useAction(({ id }: Session) => ask(api.DELETE('/api/v1/users/{user_id}/sessions/{session_id}', {
    params: { path: { user_id: user.id, session_id: id } }
  })), { changes: ['sessions'], notice: () => `Session of ${user.username} ended.` })
  const count = data?.total_count ?? 0
  return (
    <section className='panel' aria-labelledby='sessions-title'>
      <Group justify='space-between' mb='xs'>
        <Title order={2} size='h5' id='sessions-title'>Sessions{data && ` (${count})`}</Title>
        {count > 0 && (
          <Button size='xs' variant='light' color='red' onClick={() => setConfirming(true)}>End all…</Button>
        )}
      </Group>
      {!data && !error && <Loading />}
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {data && count === 0 && <Text size='sm' c='dimmed'>{user.username} has no open session.</Text>}
      <FormFailure failure={end.error} />
      {data && <SessionList sessions={data.sessions} isBusy={end.isPending} onEnd={session => end.mutate(session)} />}
      {isConfirming && (
        <EndAllDialog user={user} isMe={isMe} count={count} onClose={() => setConfirming(false)} />
      )}
    </section>
  )
}

function EndAllDialog ({ user, isMe, count, onClose }: Props & { count: number, onClose: () => void }) {
  const params = { path: { user_id: user.id } }
  const end = useAction(() => ask(api.DELETE('/api/v1/users/{user_id}/sessions', { params })), {
    changes: ['sessions'], notice: ({ ended }) => `Sessions of ${user.username} ended: ${ended}.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`End all sessions of ${user.username}?`} isDangerous isBusy={end.isPending} failure={end.error}
      confirmLabel={count === 1 ? 'End 1 session' : `End ${count} sessions`}
      onConfirm={() => end.mutate()} onClose={onClose}
    >
      {isMe ? 'You will be signed out on every device, including this one.' : `${user.username} will be signed out on every device.`}
      {' '}API keys keep working.
    </ConfirmDialog>
  )
}
