import type { PasswordHasher } from '../crypto/passwords.ts'
import type { Db } from '../db.ts'
import { UserNotFound } from '../errors.ts'
import { usernameKey } from '../policy/usernames.ts'
import type { Access } from './access.ts'
import { checkPassword } from './account-rules.ts'
import type { Clock } from './clock.ts'
import type { Sessions } from './sessions.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import type { Users } from './users.ts'

type Dependencies = {
  db: Db, clock: Clock, access: Access, guard: SignInGuard, hasher: PasswordHasher, sessions: Sessions, users: Users
}

type Account = { id: string, username: string }
const columns = { id: true, username: true } as const

/** What the operator of the server may do to accounts, signed in or not. */
export function createAdministration ({ db, clock, access, guard, hasher, sessions, users }: Dependencies) {
  async function byName (name: string): Promise<Account> {
    const account = await db.user.findUnique({ where: { usernameKey: usernameKey(name) }, select: columns })
    if (!account) throw new UserNotFound()
    return account
  }

  return {
    /** The account of that name, in any case. @throws UserNotFound */
    byName,

    /** Makes an active superuser. @throws UsernameTaken or UnfitField */
    createSuperuser: (name: string, password: string): Promise<Account> =>
      users.create(name, password, { byStranger: false, isActive: true, isSuperuser: true }),

    /** Sets the password of any account, ends its sessions, clears what slows it. @throws UserNotFound, UnfitField */
    async resetPassword (name: string, password: string): Promise<Account> {
      const account = await byName(name)
      checkPassword(password, account.username)
      const passwordHash = await hasher.hash(password)
      await access.change(async tx => {
        await tx.user.updateMany({
          where: { id: account.id },
          data: { passwordHash, hasDefaultPassword: false, knownNetworks: {}, updatedAt: clock() }
        })
        await sessions.revoke(tx, account.id, 'password_reset')
      })
      await guard.unlock(account)
      return account
    },

    /** Clears what slows an account's sign-in. @throws UserNotFound */
    async unlock (name: string): Promise<Account> {
      const account = await byName(name)
      await guard.unlock(account)
      return account
    }
  }
}

export type Administration = ReturnType<typeof createAdministration>
