import type { PasswordHasher } from '../../crypto/passwords.ts'
import type { AccountReads, Bootstrap } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { normalizeUsername, usernameKey } from '../../policy/usernames.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { takeLock } from '../upkeep/locks.ts'
import { starterProject } from '../content/projects.ts'

type Dependencies = {
  events: EventSink
  accounts: AccountReads
  clock: Clock
  hasher: PasswordHasher
  superuser: string
  superuserPassword: string
  /** The well-known default password. Auto login gives it to the account that it creates. */
  defaultPassword: string
  autoLogin: boolean
  /** Whether the server is reachable from other machines. */
  isPublic: boolean
}

/** What the boot found or did, for the log. */
export type FirstBootNotice = 'created' | 'password_differs' | 'inactive' | 'not_superuser' | 'missing' | undefined

/** The id of the row that records that the first superuser was created. */
const INSTALLATION = 1

/** Creates the first superuser, once for each database, on one of the replicas. */
export function createFirstBoot (
  {
    events, accounts, clock, hasher, superuser, superuserPassword, defaultPassword, autoLogin, isPublic
  }: Dependencies
) {
  const username = normalizeUsername(superuser)
  const key = usernameKey(superuser)
  const isDefaultPassword = superuserPassword === defaultPassword

  /**
   * Whether the first superuser must still be created: at the first boot, and until a superuser has a password other
   * than the default one. Until then only auto login was used, and its account cannot sign in with a password.
   */
  const isAwaited = ({ isDone, hasOwnPassword }: Bootstrap) => !isDone || (!isDefaultPassword && !hasOwnPassword)

  /** @returns whether this process created the account @throws SetupError if another account has the name */
  async function create (): Promise<boolean> {
    const passwordHash = await hasher.hash(superuserPassword, 'boot')
    return events.transaction(async tx => {
      await takeLock(tx, 'firstBoot')
      const isDone = await tx.installation.count() > 0
      const hasOwnPassword = await tx.user.count({
        where: { isSuperuser: true, isService: false, hasDefaultPassword: false }
      }) > 0
      if (!isAwaited({ isDone, hasOwnPassword })) return false // another replica created it
      const now = clock()
      await tx.installation.createMany({ data: [{ id: INSTALLATION, bootstrappedAt: now }], skipDuplicates: true })
      const [made] = await tx.user.createManyAndReturn({
        data: [{
          username,
          usernameKey: key,
          passwordHash,
          hasDefaultPassword: autoLogin && isDefaultPassword,
          isActive: true,
          approvedAt: now,
          isSuperuser: true,
          createdAt: now,
          updatedAt: now
        }],
        skipDuplicates: true,
        select: { id: true }
      })
      if (made) {
        await tx.project.create({ data: { ...starterProject(now), userId: made.id } })
        events.record(tx, { actor: undefined }, 'user_created', { via: 'boot', subject: made.id, is_active: true })
      } else if (await tx.user.count({ where: { usernameKey: key, isSuperuser: true, isService: false } }) === 0) {
        throw nameTaken(superuser)
      }
      return made !== undefined
    })
  }

  return {
    /**
     * Creates the configured superuser at the first boot of a database. Later boots change nothing (see `isAwaited`): a
     * superuser that was renamed, demoted or deleted is not created again, and a stored password is not replaced.
     * @throws SetupError if another account has the name at the first boot
     */
    async ensureSuperuser (): Promise<FirstBootNotice> {
      if (isAwaited(await accounts.bootstrap()) && await create()) return 'created'
      const user = await accounts.byName(key)
      if (!user) return 'missing'
      if (!user.isSuperuser) return 'not_superuser'
      if (!user.isActive) return 'inactive'
      const isSame = isDefaultPassword || await hasher.verify(user.passwordHash, superuserPassword, 'boot')
      return isSame ? undefined : 'password_differs'
    },

    /**
     * Refuses to start a public server while a superuser of the first boot has the well-known default password,
     * whatever its name is now. All other ways to set a password reject it. An account that auto login created cannot
     * sign in with it while auto login is off.
     * @throws SetupError naming the account
     */
    async refuseDefaultPassword (): Promise<void> {
      if (!isPublic || autoLogin) return
      for (const { username, passwordHash } of await accounts.firstSuperusers([key, usernameKey(defaultPassword)])) {
        if (await hasher.verify(passwordHash, defaultPassword, 'boot')) throw defaultPasswordStored(username)
      }
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

function defaultPasswordStored (name: string): SetupError {
  return new SetupError([{
    subject: 'LANGFLOW_SUPERUSER_PASSWORD',
    problem: `the stored password of ${JSON.stringify(name)} is the well-known default password`,
    remedy: `Set another one: npx flowgate superuser reset-password ${name}`
  }])
}
