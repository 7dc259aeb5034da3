import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { notify } from '../parts/pages/notifications.tsx'
import { useClearSession } from './actions.ts'
import { subscribe } from './channel.ts'
import { closeSignIn } from './expired-session.ts'
import { sessionQuery } from './queries.ts'

/** Applies sign-ins and sign-outs of the other tabs. */
export function FollowOtherTabs () {
  const client = useQueryClient()
  const clear = useClearSession()
  useEffect(() => subscribe(message => {
    const user = client.getQueryData(sessionQuery.queryKey)
    if (message.type === 'signed-out') {
      if (user) notify('You signed out in another tab.')
      closeSignIn(false)
      clear()
    } else if (user && user.id !== message.userId) {
      // The cookies belong to another account now: drop everything on this page.
      location.reload()
    } else {
      closeSignIn(true)
      if (!user) client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    }
  }), [client, clear])
  return null
}
