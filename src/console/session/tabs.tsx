import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { notify } from '../parts/notices.tsx'
import { useForget } from './actions.ts'
import { hear } from './channel.ts'
import { settleExpiry } from './expiry.ts'
import { sessionQuery } from './queries.ts'

/** Follows what happens to the session in the other tabs. */
export function FollowOtherTabs () {
  const client = useQueryClient()
  const forget = useForget()
  useEffect(() => hear(message => {
    const user = client.getQueryData(sessionQuery.queryKey)
    if (message.type === 'signed-out') {
      if (user) notify('You signed out in another tab.')
      settleExpiry(false)
      forget()
    } else if (user && user.id !== message.userId) {
      // The cookies are another account's now: nothing on this page may be taken for its.
      location.reload()
    } else {
      settleExpiry(true)
      if (!user) client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    }
  }), [client, forget])
  return null
}
