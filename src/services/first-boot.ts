import type { PasswordHasher } from '../crypto/passwords.ts'
import type { AccountReads, Db } from '../db.ts'
import { SetupError } from '../errors.ts'
import { normalizeUsername, usernameKey } from '../policy/usernames.ts'
import type { Clock } from './clock.ts'
import { takeLock } from './locks.ts'
import { starterProject } from './projects.ts'

type Dependencies = {
  db: Db
  accounts: AccountReads
  clock: Clock
  hasher: PasswordHasher
  superuser: string
  superuserPassword: string
  /** Whether that password is the well-known one, given to auto login by default. */
  isDefaultPassword: boolean
  autoLogin: boolean
}

/** What boot found or did, for the log. */
export type FirstBootNotice = 'created' | 'password_differs' | 'inactive' | undefined

/** The first administrator: there after every boot, whichever replica comes first. */
export function createFirstBoot (
  { db, accounts, clock, hasher, superuser, superuserPassword, isDefaultPassword, autoLogin }: Dependencies) {
  const username = normalizeUsername(superuser)
  const key = usernameKey(superuser)

  async function create (): Promise<boolean> {
    const passwordHash = await hasher.hash(superuserPassword)
    return db.$transaction(async tx => {
      await takeLock(tx, 'firstBoot')
      const now = clock()
      const [made] = await tx.user.createManyAndReturn({
        data: [{
          username,
          usernameKey: key,
          passwordHash,
          hasDefaultPassword: autoLogin && isDefaultPassword,
          isActive: true,
          isSuperuser: true,
          createdAt: now,
          updatedAt: now
        }],
        skipDuplicates: true,
        select: { id: true }
      })
      if (made) await tx.project.create({ data: { ...starterProject(now), userId: made.id } })
      return made !== undefined
    })
  }

  return {
    /**
     * Makes the configured superuser unless it is there. What exists is left as it is: a stored password stays, and
     * an account of that name that is not a superuser is never made one.
     * @throws SetupError when somebody else has the name
     */
    async ensureSuperuser (): Promise<FirstBootNotice> {
      const existing = await accounts.byName(key)
      if (!existing && await create()) return 'created'
      const user = existing ?? await accounts.byName(key)
      if (!user?.isSuperuser) throw nameTaken(superuser)
      if (!user.isActive) return 'inactive'
      const isSame = isDefaultPassword || await hasher.verify(user.passwordHash, superuserPassword)
      return isSame ? undefined : 'password_differs'
    }
  }
}

function nameTaken (name: string): SetupError {
  return new SetupError([{
    subject: 'LANGFLOW_SUPERUSER',
    problem: `an account named ${JSON.stringify(name)} exists and is not a superuser`,
    remedy: 'Name another superuser, or let an existing superuser promote that account.'
  }])
}
