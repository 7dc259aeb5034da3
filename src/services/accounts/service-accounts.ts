import { type Db, publicColumns, type PublicUser } from '../../db.ts'
import { PersonalAccount, UserNotFound } from '../../errors.ts'
import { usernameKey } from '../../policy/usernames.ts'
import type { Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import { starterProject } from '../content/projects.ts'
import type { Clock } from '../upkeep/clock.ts'
import { refusingTaken } from '../upkeep/taken.ts'
import { checkedUsername } from './account-rules.ts'

type Dependencies = { db: Db, events: EventSink, clock: Clock }

const columns = { id: true, isSuperuser: true, isService: true } as const

/**
 * Accounts of programs: they have API keys and no password, and persist when people leave. Superusers administer them
 * and their keys.
 */
export function createServiceAccounts ({ db, events, clock }: Dependencies) {
  return {
    /** Creates an active service account. @throws UsernameTaken or UnfitField */
    async create (caller: Caller, name: string): Promise<PublicUser> {
      const username = checkedUsername(name)
      const now = clock()
      return refusingTaken(() => events.transaction(async tx => {
        const user = await tx.user.create({
          data: {
            username,
            usernameKey: usernameKey(username),
            isService: true,
            passwordHash: null,
            isActive: true,
            approvedAt: now,
            createdAt: now,
            updatedAt: now,
            projects: { create: starterProject(now) }
          },
          select: publicColumns
        })
        events.record(tx, caller, 'user_created', { subject: user.id, is_active: true, is_service: true })
        return user
      }))
    },

    /** The service account that owns keys. @throws UserNotFound, or PersonalAccount: people create their own keys */
    async ownerById (id: string): Promise<{ id: string, isSuperuser: boolean }> {
      const user = await db.user.findUnique({ where: { id }, select: columns })
      if (!user) throw new UserNotFound()
      if (!user.isService) {
        throw new PersonalAccount('The account belongs to a person, who creates, changes and rotates its API keys')
      }
      return user
    }
  }
}

export type ServiceAccounts = ReturnType<typeof createServiceAccounts>
