import type { PasswordHasher } from '../../crypto/passwords.ts'
import { type Db, publicColumns, type PublicUser, type Transaction } from '../../db.ts'
import {
  LastSuperuser, PermissionDenied, SelfDeletion, ServiceAccount, SignupFull, UsernameTaken, UserNotFound
} from '../../errors.ts'
import { networkOf } from '../../policy/requests/networks.ts'
import { usernameKey } from '../../policy/usernames.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { pendingApproval } from '../access/approval.ts'
import { type Actor, type Caller, isInteractive } from '../access/principal.ts'
import { requireGrant } from '../access/scopes.ts'
import type { EventSink } from '../audit/sink.ts'
import { starterProject } from '../content/projects.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import type { SignInGuard } from '../sign-in/throttling/sign-in-guard.ts'
import { takeLock } from '../upkeep/locks.ts'
import { refusingTaken } from '../upkeep/taken.ts'
import {
  authorize, changedRights, changesOf, checkedUsername, checkPassword, newCredential, requireInteractiveToRaise,
  type UserChanges
} from './account-rules.ts'
import type { Clock } from '../upkeep/clock.ts'

/** An account to be created. `isActive` and `isSuperuser` are set by the operator only. */
type NewAccount = { username: string, password: string, isActive?: boolean | undefined, isSuperuser?: boolean }

type Dependencies = {
  db: Db
  clock: Clock
  access: AccessCache
  events: EventSink
  guard: SignInGuard
  hasher: PasswordHasher
  sessions: Sessions
  newUserIsActive: boolean
  signupEnabled: boolean
  maxPendingAccounts: number
  /** Words that passwords must not consist of. */
  passwordContext: readonly string[]
}

/** Accounts: who may create, see, change and delete them. */
export function createUsers ({
  db, clock, access, events, guard, hasher, sessions, newUserIsActive, signupEnabled, maxPendingAccounts,
  passwordContext
}: Dependencies) {
  /**
   * Refuses a change that would leave no active superuser who can sign in. Concurrent changes wait for each other.
   */
  async function keepOneSuperuser (tx: Transaction, id: string) {
    await takeLock(tx, 'superusers')
    const others = await tx.user.count({
      where: { isActive: true, isSuperuser: true, isService: false, id: { not: id } }
    })
    const target = await tx.user.findUnique({
      where: { id }, select: { isActive: true, isSuperuser: true, isService: true }
    })
    if (others === 0 && target?.isActive && target.isSuperuser && !target.isService) throw new LastSuperuser()
  }

  async function checkPending (tx: Transaction) {
    await takeLock(tx, 'signup')
    const pending = await tx.user.count({ where: pendingApproval })
    if (pending >= maxPendingAccounts) throw new SignupFull(undefined, { retryAfterSeconds: 60 })
  }

  return {
    /**
     * Creates an account. It is a sign-up unless the actor is a superuser. The settings decide whether the account is
     * active. An API key creates an account on the same terms as a sign-up, because the account outlives the key.
     * @throws UsernameTaken, TooManyRequests, SignupFull, or UnfitField naming what is wrong
     */
    async create (
      caller: Caller<Actor | undefined>, { username: name, password, isActive, isSuperuser = false }: NewAccount
    ): Promise<PublicUser> {
      const { actor, address } = caller
      const creator = actor?.user.isSuperuser ? actor : undefined
      const username = checkedUsername(name)
      checkPassword(password, username, passwordContext)
      if (!creator) await guard.signUp(address)
      const taken = await db.user.count({ where: { usernameKey: usernameKey(username) } })
      if (taken > 0) throw new UsernameTaken()
      const passwordHash = await hasher.hash(password, creator?.user.id ?? networkOf(address))
      const startsActive = isActive ?? (newUserIsActive && (!creator || isInteractive(creator) || signupEnabled))
      const now = clock()
      return refusingTaken(() => events.transaction(async tx => {
        if (!creator && !startsActive) await checkPending(tx)
        const user = await tx.user.create({
          data: {
            username,
            usernameKey: usernameKey(username),
            passwordHash,
            isActive: startsActive,
            approvedAt: startsActive ? now : null,
            isSuperuser,
            createdAt: now,
            updatedAt: now,
            projects: { create: starterProject(now) }
          },
          select: publicColumns
        })
        events.record(tx, caller, 'user_created', {
          subject: user.id, is_active: user.isActive, ...(isSuperuser ? { is_superuser: true } : {})
        })
        return user
      }))
    },

    /**
     * Reads an account. @throws for another account: PermissionDenied; InsufficientScope or UserNotFound if the actor
     * is a superuser
     */
    async byId (actor: Actor, id: string): Promise<PublicUser> {
      if (actor.user.id !== id) {
        if (!actor.user.isSuperuser) throw new PermissionDenied()
        requireGrant(actor, 'users:read')
      }
      const user = await db.user.findUnique({ where: { id }, select: publicColumns })
      if (!user) throw new UserNotFound()
      return user
    },

    /** @throws UserNotFound if the account does not exist */
    async requireAccount (id: string): Promise<void> {
      if (await db.user.count({ where: { id } }) === 0) throw new UserNotFound()
    },

    /**
     * Changes an account. Deactivation and a new password end its sessions in the same transaction. A new password also
     * switches its API keys off, unless `keepApiKeys` is set.
     * @returns the account, and how many API keys were switched off
     * @throws UserNotFound, UsernameTaken, LastSuperuser, UnfitField, or what the actor may not do
     */
    async update (
      caller: Caller, id: string, given: UserChanges
    ): Promise<{ user: PublicUser, isChanged: boolean, keysDisabled: number }> {
      const { actor } = caller
      // Langflow's web client sends an empty password with every edit. It leaves the password unchanged.
      const changes = { ...given, password: given.password || undefined }
      authorize(actor, id, changes)
      const target = await db.user.findUnique({
        where: { id }, select: { username: true, isActive: true, isSuperuser: true, isService: true, approvedAt: true }
      })
      if (!target) throw new UserNotFound()
      requireInteractiveToRaise(actor, target, changes)
      if (target.isService && changes.password !== undefined) throw new ServiceAccount()
      const username = changes.username === undefined ? undefined : checkedUsername(changes.username)
      if (changes.password !== undefined) {
        checkPassword(changes.password, username ?? target.username, passwordContext)
      }
      const passwordHash = changes.password === undefined
        ? undefined
        : await hasher.hash(changes.password, actor.user.id)
      const rights = changedRights(target, changes)

      const changed = await refusingTaken(() => access.change(async tx => {
        if (rights.isActive === false || rights.isSuperuser === false) await keepOneSuperuser(tx, id)
        const [user] = await tx.user.updateManyAndReturn({
          where: { id },
          data: {
            ...(username === undefined ? {} : { username, usernameKey: usernameKey(username) }),
            ...(passwordHash === undefined ? {} : newCredential(passwordHash)),
            profileImage: changes.profileImage,
            ...rights,
            // Deactivation sets it, too: accounts of older versions have no `approvedAt`.
            ...(rights.isActive === undefined || target.approvedAt ? {} : { approvedAt: clock() }),
            optins: changes.optins,
            updatedAt: clock()
          },
          select: publicColumns
        })
        if (!user) throw new UserNotFound()
        if (rights.isActive === false) await sessions.revoke(tx, id, 'deactivated')
        if (passwordHash !== undefined) await sessions.revoke(tx, id, 'password_reset')
        const { count: keysDisabled } = passwordHash === undefined || changes.keepApiKeys
          ? { count: 0 }
          : await tx.apiKey.updateMany({ where: { userId: id, isActive: true }, data: { isActive: false } })
        const kinds = changesOf(target, user, passwordHash !== undefined)
        for (const event of kinds) {
          events.record(tx, caller, event, {
            subject: id,
            is_superuser: user.isSuperuser,
            ...(event === 'password_reset' ? { api_keys_disabled: keysDisabled } : {})
          })
        }
        return { user, isChanged: kinds.length > 0, keysDisabled }
      }))
      if (passwordHash !== undefined) await guard.unlockAfterChange(changed.user)
      return changed
    },

    /** Deletes an account and, by the foreign keys, everything it owns. @throws SelfDeletion or UserNotFound */
    async remove (caller: Caller, id: string): Promise<void> {
      if (caller.actor.user.id === id) throw new SelfDeletion()
      await access.change(async tx => {
        await keepOneSuperuser(tx, id)
        const { count } = await tx.user.deleteMany({ where: { id } })
        if (count === 0) throw new UserNotFound()
        events.record(tx, caller, 'user_deleted', { subject: id })
      })
    }
  }
}

export type Users = ReturnType<typeof createUsers>
