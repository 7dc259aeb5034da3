import { Type } from '@sinclair/typebox'
import { Id, Nullable, Timestamp } from '../common.ts'

export const Session = Type.Object({
  id: Id,
  is_current: Type.Boolean({ description: 'Whether this is the session of the request.' }),
  method: Type.String({ description: 'The sign-in method: `password` or `auto_login`.' }),
  created_at: Timestamp,
  refreshed_at: Timestamp,
  expires_at: Timestamp,
  user_agent: Nullable(Type.String()),
  address: Nullable(Type.String({ description: 'The IP address of the sign-in.' }))
}, { title: 'Session' })

export const SessionList = Type.Object({
  total_count: Type.Integer(), sessions: Type.Array(Session)
}, { title: 'SessionList' })

export const SessionsEnded = Type.Object({
  ended: Type.Integer({ description: 'The number of sessions that were ended.' })
}, { title: 'SessionsEnded' })

export const SessionListQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 200 })
})

export const SessionParams = Type.Object({ session_id: Id })

export const UserSessionParams = Type.Object({ user_id: Id, session_id: Id })
