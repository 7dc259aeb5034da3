import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect } from 'react'
import { Navigate, useLocation } from 'react-router'
import type { User } from '../api/client.ts'
import { notify } from '../parts/pages/notifications.tsx'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { sessionQuery } from './queries.ts'

const Me = createContext<User | undefined>(undefined)

/** The signed-in account. Available below `RequireSession`. */
export function useMe (): User {
  const me = use(Me)
  if (!me) throw new Error('useMe needs RequireSession above it')
  return me
}

/** Redirects to /login without a session. After the sign-in, the user returns to the page. */
export function RequireSession ({ children }: { children: ReactNode }) {
  const { data: user, error, isPending, refetch } = useQuery(sessionQuery)
  const { pathname, search } = useLocation()
  if (isPending) return <Loading />
  if (error && !user) return <FailureView failure={error} retry={refetch} />
  if (!user) {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
    return <Navigate to={`/login${next}`} replace />
  }
  return <Me value={user}>{children}</Me>
}

/** Redirects other accounts to /flows with a notification. */
export function RequireSuperuser ({ children }: { children: ReactNode }) {
  const { is_superuser: isSuperuser } = useMe()
  useEffect(() => {
    if (!isSuperuser) notify('Only superusers can open the admin pages.')
  }, [isSuperuser])
  return isSuperuser ? children : <Navigate to='/flows' replace />
}
