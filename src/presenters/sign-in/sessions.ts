import type { Static } from '@sinclair/typebox'
import type { Session, SessionList } from '../../schemas/sign-in/sessions.ts'
import type { Actor } from '../../services/access/principal.ts'
import type { PublicSession } from '../../services/sign-in/sessions.ts'

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
