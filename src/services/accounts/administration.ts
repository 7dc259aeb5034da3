import { type Db, publicColumns, type PublicUser } from '../../db.ts'
import { UserNotFound } from '../../errors.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { operator } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import type { SignInGuard } from '../sign-in/throttling/sign-in-guard.ts'
import type { Users } from './users.ts'

type Dependencies = { db: Db, events: EventSink, guard: SignInGuard, users: Users }

type Account = { id: string, username: string, isSuperuser: boolean, isService: boolean }
const columns = { id: true, username: true, isSuperuser: true, isService: true } as const

/** Commands of the operator on accounts. They require no sign-in. */
export function createAdministration ({ db, events, guard, users }: Dependencies) {
  async function byName (name: string): Promise<Account> {
    const account = await db.user.findUnique({ where: { usernameKey: usernameKey(name) }, select: columns })
    if (!account) throw new UserNotFound()
    return account
  }

  return {
    /** Finds an account by its username. Case is ignored. @throws UserNotFound */
    byName,

    /** The same with every column that its owner may see. @throws UserNotFound */
    async readByName (name: string): Promise<PublicUser> {
      const account = await db.user.findUnique({ where: { usernameKey: usernameKey(name) }, select: publicColumns })
      if (!account) throw new UserNotFound()
      return account
    },

    /** Creates an active superuser. @throws UsernameTaken or UnfitField */
    createSuperuser: (name: string, password: string): Promise<PublicUser> =>
      users.create(operator, { username: name, password, isActive: true, isSuperuser: true }),

    /**
     * Sets the password of any account, ends its sessions, deactivates its API keys and clears its failed sign-ins.
     * @throws UserNotFound or UnfitField
     */
    async resetPassword (
      name: string, password: string, { keepApiKeys }: { keepApiKeys: boolean }
    ): Promise<PublicUser & { keysDisabled: number }> {
      const { id } = await byName(name)
      const { user, keysDisabled } = await users.update(operator, id, { password, keepApiKeys })
      return { ...user, keysDisabled }
    },

    /** Clears the failed sign-ins of an account. @throws UserNotFound */
    async unlock (name: string): Promise<Account> {
      const account = await byName(name)
      await guard.unlock(account)
      events.record(undefined, operator, 'unlocked', { subject: account.id })
      return account
    }
  }
}

export type Administration = ReturnType<typeof createAdministration>
