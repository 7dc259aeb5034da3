import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect } from 'react'
import { Navigate, useLocation } from 'react-router'
import type { User } from '../api/client.ts'
import { notify } from '../parts/notices.tsx'
import { FailureView } from '../parts/failure-view.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { sessionQuery } from './queries.ts'

const Me = createContext<User | undefined>(undefined)

/** The account that is signed in; below `RequireSession` alone. */
export function useMe (): User {
  const me = use(Me)
  if (!me) throw new Error('nobody is signed in here')
  return me
}

/** Pages for those who are signed in; others go to /login, and come back. */
export function RequireSession ({ children }: { children: ReactNode }) {
  const { data: user, error, isPending, refetch } = useQuery(sessionQuery)
  const { pathname, search } = useLocation()
  if (isPending) return <Waiting />
  if (error && !user) return <FailureView failure={error} retry={refetch} />
  if (!user) {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`
    return <Navigate to={`/login${next}`} replace />
  }
  return <Me value={user}>{children}</Me>
}

/** Pages for superusers; others go to their flows, and hear why. */
export function RequireSuperuser ({ children }: { children: ReactNode }) {
  const { is_superuser: isSuperuser } = useMe()
  useEffect(() => {
    if (!isSuperuser) notify('The Admin Page is for superusers. Here are your flows.')
  }, [isSuperuser])
  return isSuperuser ? children : <Navigate to='/flows' replace />
}
