import type { PasswordHasher } from '../crypto/passwords.ts'
import { type Db, isUniqueViolation } from '../db.ts'
import { UsernameTaken, UserNotFound } from '../errors.ts'
import { usernameKey } from '../policy/usernames.ts'
import type { Access } from './access.ts'
import { checkedUsername, checkPassword } from './account-rules.ts'
import type { Clock } from './clock.ts'
import { starterProject } from './projects.ts'
import type { Sessions } from './sessions.ts'
import type { SignInGuard } from './sign-in-guard.ts'

type Dependencies = {
  db: Db, clock: Clock, access: Access, guard: SignInGuard, hasher: PasswordHasher, sessions: Sessions
}

type Account = { id: string, username: string }
const columns = { id: true, username: true } as const

/** What the operator of the server may do to accounts, signed in or not. */
export function createAdministration ({ db, clock, access, guard, hasher, sessions }: Dependencies) {
  async function byName (name: string): Promise<Account> {
    const account = await db.user.findUnique({ where: { usernameKey: usernameKey(name) }, select: columns })
    if (!account) throw new UserNotFound()
    return account
  }

  return {
    /** Makes an active superuser. @throws UsernameTaken or UnfitField */
    async create (name: string, password: string): Promise<Account> {
      const username = checkedUsername(name)
      checkPassword(password, username)
      const now = clock()
      try {
        return await db.user.create({
          data: {
            username,
            usernameKey: usernameKey(username),
            passwordHash: await hasher.hash(password),
            isActive: true,
            isSuperuser: true,
            createdAt: now,
            updatedAt: now,
            projects: { create: starterProject(now) }
          },
          select: columns
        })
      } catch (cause) {
        throw isUniqueViolation(cause) ? new UsernameTaken(undefined, { cause }) : cause
      }
    },

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
