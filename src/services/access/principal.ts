import type { PublicUser } from '../../db/queries/account-columns.ts'

/** By what a request acts, or `operator`: somebody with access to the machine, who has no account. */
export type ActorKind = 'session' | 'api_key' | 'auto_login' | 'operator'

/** Who asks for something, and by which credential: what rules decide by. */
export type Actor = Readonly<{
  user: Readonly<{ id: string, isSuperuser: boolean }>
  via: ActorKind
  /** The session, when a token was sent. */
  sessionId?: string
  /** When that session began: the last time its credential was checked. */
  authenticatedAt?: Date
  /** The API key, when one was sent. */
  apiKey?: Readonly<{ id: string, expiresAt: Date | null }>
}>

/** Who a request acts as, and by what. */
export type Principal = Actor & Readonly<{ user: PublicUser, via: 'session' | 'api_key' | 'auto_login' }>

/** The operator of the server, who may do what a signed-in superuser may. */
export const operator: Actor = { user: { id: '', isSuperuser: true }, via: 'operator' }

/**
 * Whether the actor proved who it is with its own credential. An API key does not: what it does must not outlive it, so
 * it cannot set passwords or give rights.
 */
export const isInteractive = ({ via }: Pick<Actor, 'via'>) => via === 'session' || via === 'operator'
