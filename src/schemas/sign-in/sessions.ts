import { type Static, Type } from '@sinclair/typebox'
import type { Actor } from '../../services/access/principal.ts'
import type { PublicSession } from '../../services/sign-in/sessions.ts'
import { Id, Nullable, Timestamp } from '../common.ts'

export const Session = Type.Object({
  id: Id,
  is_current: Type.Boolean({ description: 'Whether the request itself belongs to it.' }),
  method: Type.String({ description: 'How it began: `password` or `auto_login`.' }),
  created_at: Timestamp,
  refreshed_at: Timestamp,
  expires_at: Timestamp,
  user_agent: Nullable(Type.String()),
  address: Nullable(Type.String({ description: 'Where the sign-in came from.' }))
}, { title: 'Session' })

export const SessionList = Type.Object({
  total_count: Type.Integer(), sessions: Type.Array(Session)
}, { title: 'SessionList' })

export const SessionsEnded = Type.Object({
  ended: Type.Integer({ description: 'How many sessions ended by this request.' })
}, { title: 'SessionsEnded' })

export const SessionListQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 200 })
})

export const SessionParams = Type.Object({ session_id: Id })

/** One page of sessions, the latest first. @param actor marks the session of the request as the current one */
export const presentSessions = (
  { total, sessions }: { total: number, sessions: PublicSession[] }, actor: Actor
): Static<typeof SessionList> =>
  ({ total_count: total, sessions: sessions.map(row => presentSession(row, actor)) })

const presentSession = (row: PublicSession, { credential }: Actor): Static<typeof Session> => ({
  id: row.id,
  is_current: credential.kind === 'session' && credential.id === row.id,
  method: row.method,
  created_at: row.createdAt.toISOString(),
  refreshed_at: row.rotatedAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
  user_agent: row.userAgent,
  address: row.address
})
