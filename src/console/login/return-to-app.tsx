import { Button, Text } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Navigate } from 'react-router'
import { api, ask } from '../api/client.ts'
import { ApiFailure } from '../api/failures.ts'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { isLoop, rememberReturn } from './last-return.ts'
import { PublicPage } from './public-page.tsx'

/** Whether the account may open a URL. The server accepts only URLs of apps; it does not repeat any other. */
export const accessQuery = (url: string) => queryOptions({
  queryKey: ['access', url],
  queryFn: () => ask(api.GET('/api/v1/access', { params: { query: { url } } })),
  staleTime: 0
})

/** Whether the URL is not one of an app. */
export const isNoApp = (error: Error | null) => error instanceof ApiFailure && [404, 422].includes(error.status)

function NotAccepted ({ url, onRetry }: { url: string, onRetry: () => void }) {
  return (
    <PublicPage title='The app sent you back'>
      <Text size='sm'>
        You are signed in, but <b>{new URL(url).host}</b> sent you back. The browser may block the cookies of your
        session, LANGFLOW_COOKIE_DOMAIN may not cover the address of the app, or the proxy refuses the request itself.
        If it happens again, show this message to an administrator.
      </Text>
      <Button onClick={onRetry}>Try again</Button>
    </PublicPage>
  )
}

/** Opens an app after the sign-in, if the account may open it. Stops if the app sends the browser back. */
export function ReturnToApp ({ url }: { url: string }) {
  const { data: access, error, refetch } = useQuery(accessQuery(url))
  const [hasLooped, setHasLooped] = useState(() => isLoop(url))
  const target = access?.allowed && !hasLooped ? access.url : undefined
  useEffect(() => {
    if (target === undefined) return
    rememberReturn(url)
    location.replace(target)
  }, [target, url])
  if (isNoApp(error)) return <Navigate to='/flows' replace />
  if (error) return <main><FailureView failure={error} retry={refetch} /></main>
  if (access && !access.allowed) return <Navigate to={`/no-access?to=${encodeURIComponent(url)}`} replace />
  if (access && hasLooped) return <NotAccepted url={access.url} onRetry={() => setHasLooped(false)} />
  return <Loading />
}
