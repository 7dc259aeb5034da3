import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { FailureView, FormFailure } from '../parts/failure-view.tsx'
import { Page } from '../parts/page.tsx'
import { SessionItems } from '../parts/session-list.tsx'
import { useAction } from '../parts/use-action.ts'
import { Waiting } from '../parts/waiting.tsx'

const endSession = (id: string) =>
  ask(api.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } }))

/** Where one is signed in. */
export function SessionsPage () {
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', 'mine'], queryFn: () => ask(api.GET('/api/v1/sessions'))
  })
  const end = useAction(endSession, { changes: ['sessions'], said: () => 'The session was ended.' })
  const endOthers = useAction(() => ask(api.DELETE('/api/v1/sessions')), {
    changes: ['sessions'], said: ({ ended }) => `Other sessions that were ended: ${ended}.`
  })
  const hasOthers = data?.sessions.some(session => !session.is_current) ?? false
  const endAll = (
    <Button variant='default' disabled={!hasOthers} loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
      Sign out everywhere else
    </Button>
  )
  return (
    <Page title='Sessions' actions={endAll}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Waiting />}
      <FormFailure failure={end.error ?? endOthers.error} />
      {data && (
        <div className='panel'>
          <SessionItems sessions={data.sessions} isBusy={end.isPending} onEnd={({ id }) => end.mutate(id)} />
        </div>
      )}
    </Page>
  )
}
