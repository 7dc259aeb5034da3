import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../api/client.ts'
import { ConfirmDialog } from '../parts/dialogs/confirm-dialog.tsx'
import { FailureView, FormFailure } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { Page } from '../parts/pages/page.tsx'
import { SessionList } from '../parts/tables/session-list.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'

const endSession = (id: string) =>
  ask(api.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } }))

function EndOthersDialog ({ count, onClose }: { count: number, onClose: () => void }) {
  const end = useAction(() => ask(api.DELETE('/api/v1/sessions')), {
    changes: ['sessions'], notice: ({ ended }) => `Sessions ended: ${ended}.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title='Sign out everywhere else?' confirmLabel='Sign out' isDangerous isBusy={end.isPending} failure={end.error}
      onConfirm={() => end.mutate()} onClose={onClose}
    >
      {count === 1 ? '1 other session ends.' : `${count} other sessions end.`} This session and API keys stay.
    </ConfirmDialog>
  )
}

/** The open sessions of the signed-in user. */
export function SessionsPage () {
  const [isConfirming, setConfirming] = useState(false)
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', 'mine'], queryFn: () => ask(api.GET('/api/v1/sessions'))
  })
  const end = useAction(endSession, { changes: ['sessions'], notice: () => 'Session ended.' })
  const others = data ? data.total_count - data.sessions.filter(session => session.is_current).length : 0
  const endOthers = (
    <Button variant='default' disabled={others === 0} onClick={() => setConfirming(true)}>
      Sign out everywhere else
    </Button>
  )
  return (
    <Page title='Sessions' actions={endOthers}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      <FormFailure failure={end.error} />
      {data && (
        <div className='panel'>
          <SessionList sessions={data.sessions} isBusy={end.isPending} onEnd={({ id }) => end.mutate(id)} />
        </div>
      )}
      {isConfirming && <EndOthersDialog count={others} onClose={() => setConfirming(false)} />}
    </Page>
  )
}
