import type { PasswordHasher } from '../../crypto/passwords.ts'
import { type Db, type SessionState, type Transaction } from '../../db.ts'
import {
  InteractiveOnly, LastSuperuser, MissingField, NotOwnPassword, PermissionDenied, SamePassword, SelfDeletion,
  SessionEnded, SignupFull, UsernameTaken, UserNotFound, WrongCurrentPassword
} from '../../errors.ts'
import { networkOf } from '../../policy/requests/networks.ts'
import { usernameKey } from '../../policy/usernames.ts'
import type { Access } from '../access/access-cache.ts'
import { publicColumns, type PublicUser } from '../../db/queries/account-columns.ts'
import {
  authorize, changedRights, changesOf, checkedUsername, checkPassword, requireInteractiveToRaise, type UserChanges
} from './account-rules.ts'
import { type Actor, isInteractive } from '../access/principal.ts'
import type { Clock } from '../upkeep/clock.ts'
import { type EventFacts, lockedEvents, type SecurityEvent } from '../audit/events.ts'
import { withNetwork } from '../sign-in/known-networks.ts'
import { takeLock } from '../upkeep/locks.ts'
import { starterProject } from '../content/projects.ts'
import type { Origin, Sessions } from '../sign-in/sessions.ts'
import type { SignInGuard } from '../sign-in/sign-in-guard.ts'
import { refusingTaken } from '../upkeep/taken.ts'
import { waitingForApproval } from './user-orders.ts'

/** Where a new account comes from. */
type NewAccount = {
  /** Who creates it; without one, somebody who signs up. */
  by: Actor | undefined
  address?: string | undefined
  /** What it shall be; the server's settings decide unless the operator does. */
  isActive?: boolean | undefined
  isSuperuser?: boolean | undefined
}

type Dependencies = {
  db: Db
  clock: Clock
  access: Access
  guard: SignInGuard
  hasher: PasswordHasher
  sessions: Sessions
  newUserIsActive: boolean
  signupEnabled: boolean
  maxPendingAccounts: number
  /** Whether the owner must give the current password to set a new one. */
  requireCurrentPassword: boolean
  /** What passwords must not be made of. */
  passwordContext: readonly string[]
}

/** Accounts: who may create, see, change and delete them. */
export function createUsers (
  {
    db, clock, access, guard, hasher, sessions, newUserIsActive, signupEnabled, maxPendingAccounts,
    requireCurrentPassword, passwordContext
  }: Dependencies
) {
  /** Refuses a change that would leave no active superuser; two of them at once wait for each other. */
  async function keepOneSuperuser (tx: Transaction, id: string) {
    await takeLock(tx, 'superusers')
    const others = await tx.user.count({ where: { isActive: true, isSuperuser: true, id: { not: id } } })
    const target = await tx.user.findUnique({ where: { id }, select: { isActive: true, isSuperuser: true } })
    if (others === 0 && target?.isActive && target.isSuperuser) throw new LastSuperuser()
  }

  async function checkPending (tx: Transaction) {
    await takeLock(tx, 'signup')
    const pending = await tx.user.count({ where: waitingForApproval })
    if (pending >= maxPendingAccounts) throw new SignupFull(undefined, { retryAfterSeconds: 60 })
  }

  /** Rate-limits guesses at the current password from a hijacked session. */
  async function checkCurrent (id: string, passwordHash: string, current: string) {
    const { isRight, reached } = await guard.passwordChange(id)
      .check(undefined, check => check(passwordHash, current))
    if (isRight) return
    const event: EventFacts = { event: 'password_change_failed', user: id }
    throw new WrongCurrentPassword(undefined, { events: [event, ...lockedEvents(reached, { user: id })] })
  }

  /** What a new password changes in the account. Its earlier sessions end by the version. */
  const newCredential = (passwordHash: string) => ({
    passwordHash, hasDefaultPassword: false, knownNetworks: {}, credentialsVersion: { increment: 1 }
  })

  return {
    /**
     * Creates an account. Whether it is active is the server's setting; an API key gets no more than anybody who signs
     * up would, because the account outlives the key.
     * @throws UsernameTaken, TooManyRequests, SignupFull, or UnfitField naming what is wrong
     */
    async create (
      name: string, password: string, { by, address, isActive, isSuperuser = false }: NewAccount
    ): Promise<PublicUser> {
      const username = checkedUsername(name)
      checkPassword(password, username, passwordContext)
      if (!by) await guard.signUp(address)
      const taken = await db.user.count({ where: { usernameKey: usernameKey(username) } })
      if (taken > 0) throw new UsernameTaken()
      const passwordHash = await hasher.hash(password, by?.user.id ?? networkOf(address))
      const startsActive = isActive ?? (newUserIsActive && (!by || isInteractive(by) || signupEnabled))
      const now = clock()
      return refusingTaken(() => db.$transaction(async tx => {
        if (!by && !startsActive) await checkPending(tx)
        return tx.user.create({
          data: {
            username,
            usernameKey: usernameKey(username),
            passwordHash,
            isActive: startsActive,
            isSuperuser,
            createdAt: now,
            updatedAt: now,
            projects: { create: starterProject(now) }
          },
          select: publicColumns
        })
      }))
    },

    /** @throws PermissionDenied for another account, UserNotFound when a superuser finds none */
    async byId ({ user: actor }: Actor, id: string): Promise<PublicUser> {
      if (!actor.isSuperuser && actor.id !== id) throw new PermissionDenied()
      const user = await db.user.findUnique({ where: { id }, select: publicColumns })
      if (!user) throw new UserNotFound()
      return user
    },

    /**
     * Changes an account. What ends access (deactivation, a new password) ends its sessions in the same transaction; a
     * new password switches its API keys off, too, unless they are to be kept.
     * @returns the account, the security events, and how many API keys were switched off
     * @throws UserNotFound, UsernameTaken, LastSuperuser, UnfitField, or what the actor may not do
     */
    async update (
      actor: Actor, id: string, given: UserChanges
    ): Promise<{ user: PublicUser, events: SecurityEvent[], keysDisabled: number }> {
      // Langflow's web client sends an empty password with every edit: the password stays.
      const changes = { ...given, password: given.password || undefined }
      authorize(actor, id, changes)
      const target = await db.user.findUnique({
        where: { id }, select: { username: true, isActive: true, isSuperuser: true }
      })
      if (!target) throw new UserNotFound()
      requireInteractiveToRaise(actor, target, changes)
      const username = changes.username === undefined ? undefined : checkedUsername(changes.username)
      if (changes.password !== undefined) {
        checkPassword(changes.password, username ?? target.username, passwordContext)
      }
      const passwordHash = changes.password === undefined
        ? undefined
        : await hasher.hash(changes.password, actor.user.id)
      const rights = changedRights(target, changes)

      const { user, keysDisabled } = await refusingTaken(() => access.change(async tx => {
        if (rights.isActive === false || rights.isSuperuser === false) await keepOneSuperuser(tx, id)
        const [changed] = await tx.user.updateManyAndReturn({
          where: { id },
          data: {
            ...(username === undefined ? {} : { username, usernameKey: usernameKey(username) }),
            ...(passwordHash === undefined ? {} : newCredential(passwordHash)),
            profileImage: changes.profileImage,
            ...rights,
            optins: changes.optins,
            updatedAt: clock()
          },
          select: publicColumns
        })
        if (!changed) throw new UserNotFound()
        if (rights.isActive === false) await sessions.revoke(tx, id, 'deactivated')
        if (passwordHash !== undefined) await sessions.revoke(tx, id, 'password_reset')
        const disabled = passwordHash === undefined || changes.keepApiKeys
          ? { count: 0 }
          : await tx.apiKey.updateMany({ where: { userId: id, isActive: true }, data: { isActive: false } })
        return { user: changed, keysDisabled: disabled.count }
      }))
      if (passwordHash !== undefined) await guard.unlockAfterChange(user)
      return { user, events: changesOf(target, user, passwordHash !== undefined), keysDisabled }
    },

    /**
     * The owner's own change of password. Every session of the account ends; the caller gets a new one.
     * @param current may be left out where the settings do not ask for it
     * @returns the account, and the new session, from which tokens are made
     * @throws NotOwnPassword, InteractiveOnly, WrongCurrentPassword, TooManyRequests, SamePassword or UnfitField
     */
    async changePassword (
      actor: Actor, id: string, current: string | undefined, password: string, origin: Origin
    ): Promise<{ user: PublicUser, session: SessionState }> {
      if (actor.user.id !== id) throw new NotOwnPassword()
      if (actor.via !== 'session') throw new InteractiveOnly()
      if (current === undefined && requireCurrentPassword) throw new MissingField('current_password')
      const before = await db.user.findUnique({
        where: { id }, select: { passwordHash: true, credentialsVersion: true, username: true }
      })
      if (!before) throw new SessionEnded()
      if (current !== undefined) await checkCurrent(id, before.passwordHash, current)
      if (await hasher.verify(before.passwordHash, password, id)) throw new SamePassword()
      checkPassword(password, before.username, passwordContext)
      const passwordHash = await hasher.hash(password, id)
      const changed = await access.change(async tx => {
        const now = clock()
        const [account] = await tx.user.updateManyAndReturn({
          // Of two changes at once, the second was made with a password that is no longer the current one.
          where: { id, credentialsVersion: before.credentialsVersion },
          data: {
            ...newCredential(passwordHash), knownNetworks: withNetwork({}, origin.address, now), updatedAt: now
          },
          select: { ...publicColumns, credentialsVersion: true }
        })
        if (!account) throw new WrongCurrentPassword()
        await sessions.revoke(tx, id, 'password_changed')
        const { credentialsVersion, ...user } = account
        return { user, session: await sessions.beginIn(tx, { id, credentialsVersion }, 'password', origin) }
      })
      await guard.unlockAfterChange(changed.user)
      return changed
    },

    /** Deletes an account and, by the foreign keys, everything it owns. */
    async remove ({ user: actor }: Actor, id: string): Promise<void> {
      if (actor.id === id) throw new SelfDeletion()
      await access.change(async tx => {
        await keepOneSuperuser(tx, id)
        const { count } = await tx.user.deleteMany({ where: { id } })
        if (count === 0) throw new UserNotFound()
      })
    }
  }
}

export type Users = ReturnType<typeof createUsers>
