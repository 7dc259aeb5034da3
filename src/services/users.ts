import type { PasswordHasher } from '../crypto/passwords.ts'
import { type Db, isUniqueViolation, Prisma, type SessionState, type Transaction } from '../db.ts'
import {
  InteractiveOnly, LastSuperuser, MissingField, NotOwnPassword, PermissionDenied, SamePassword, SelfDeletion,
  SignupFull, UsernameTaken, UserNotFound, WrongCurrentPassword
} from '../errors.ts'
import { usernameKey } from '../policy/usernames.ts'
import type { Access } from './access.ts'
import {
  type Actor, authorize, changesOf, checkedUsername, checkPassword, type UserChanges
} from './account-rules.ts'
import type { Clock } from './clock.ts'
import { type EventFacts, lockedEvents, type SecurityEvent } from './events.ts'
import { takeLock } from './locks.ts'
import type { Principal } from './principals.ts'
import { starterProject } from './projects.ts'
import type { Sessions } from './sessions.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import { waitingForApproval } from './user-orders.ts'

/** The columns of an account that may be shown; the password hash is read by sign-in alone. */
export const publicColumns = {
  id: true,
  username: true,
  profileImage: true,
  isActive: true,
  isSuperuser: true,
  optins: true,
  createdAt: true,
  updatedAt: true,
  lastLoginAt: true
} as const satisfies Prisma.UserSelect

export type PublicUser = Prisma.UserGetPayload<{ select: typeof publicColumns }>

/** Where a new account comes from. The operator alone, who is at the machine, says what it shall be. */
type NewAccount = {
  byStranger: boolean, address?: string | undefined, isActive?: boolean | undefined, isSuperuser?: boolean | undefined
}

type Dependencies = {
  db: Db
  clock: Clock
  access: Access
  guard: SignInGuard
  hasher: PasswordHasher
  sessions: Sessions
  newUserIsActive: boolean
  maxPendingAccounts: number
  /** Whether the owner must give the current password to set a new one. */
  requireCurrentPassword: boolean
}

/** Accounts: who may make, see, change and delete them. */
export function createUsers (
  {
    db, clock, access, guard, hasher, sessions, newUserIsActive, maxPendingAccounts, requireCurrentPassword
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

  /** Names are unique by index alone: of two that race, one is told so. */
  async function refusingTakenNames<T> (work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw isUniqueViolation(cause) ? new UsernameTaken(undefined, { cause }) : cause
    }
  }

  /** Whoever took over a session shall not guess the password by it. */
  const checkCurrent = (id: string, passwordHash: string, current: string) => hasher.inTurn(async check => {
    const attempt = guard.passwordChange(id)
    await attempt.check()
    if (await check(passwordHash, current)) return
    const event: EventFacts = { event: 'password_change_failed', user: id }
    const events = [event, ...lockedEvents(await attempt.failed(), { user: id })]
    throw new WrongCurrentPassword(undefined, { events })
  })

  return {
    /**
     * Makes an account. Whether it is active is the server's setting, whoever makes it over the network.
     * @param options.byStranger then they are counted by network, and those waiting for approval are bounded
     * @throws UsernameTaken, TooManyRequests, SignupFull, or UnfitField naming what is wrong
     */
    async create (
      name: string, password: string,
      { byStranger, address, isActive = newUserIsActive, isSuperuser = false }: NewAccount
    ): Promise<PublicUser> {
      const username = checkedUsername(name)
      checkPassword(password, username)
      if (byStranger) await guard.signUp(address)
      const taken = await db.user.count({ where: { usernameKey: usernameKey(username) } })
      if (taken > 0) throw new UsernameTaken()
      const passwordHash = await hasher.hash(password)
      const now = clock()
      return refusingTakenNames(() => db.$transaction(async tx => {
        if (byStranger && !isActive) await checkPending(tx)
        return tx.user.create({
          data: {
            username,
            usernameKey: usernameKey(username),
            passwordHash,
            isActive,
            isSuperuser,
            createdAt: now,
            updatedAt: now,
            projects: { create: starterProject(now) }
          },
          select: publicColumns
        })
      }))
    },

    /** @throws PermissionDenied for somebody else's account, UserNotFound when a superuser finds none */
    async byId (actor: Actor, id: string): Promise<PublicUser> {
      if (!actor.isSuperuser && actor.id !== id) throw new PermissionDenied()
      const user = await db.user.findUnique({ where: { id }, select: publicColumns })
      if (!user) throw new UserNotFound()
      return user
    },

    /**
     * Changes an account. What ends access (deactivation, a new password) ends its sessions in the same transaction.
     * @returns the account, and what became of it
     * @throws UserNotFound, UsernameTaken, LastSuperuser, UnfitField, or what the actor may not do
     */
    async update (
      actor: Actor, id: string, given: UserChanges
    ): Promise<{ user: PublicUser, events: SecurityEvent[] }> {
      // Langflow's web client sends an empty password with every edit: leave it alone.
      const changes = { ...given, password: given.password || undefined }
      authorize(actor, id, changes)
      const target = await db.user.findUnique({
        where: { id }, select: { username: true, isActive: true, isSuperuser: true }
      })
      if (!target) throw new UserNotFound()
      const username = changes.username === undefined ? undefined : checkedUsername(changes.username)
      if (changes.password !== undefined) checkPassword(changes.password, username ?? target.username)
      const passwordHash = changes.password === undefined ? undefined : await hasher.hash(changes.password)

      const changed = await refusingTakenNames(() => access.change(async tx => {
        if (changes.isActive === false || changes.isSuperuser === false) await keepOneSuperuser(tx, id)
        const [user] = await tx.user.updateManyAndReturn({
          where: { id },
          data: {
            ...(username === undefined ? {} : { username, usernameKey: usernameKey(username) }),
            ...(passwordHash === undefined ? {} : { passwordHash, hasDefaultPassword: false, knownNetworks: {} }),
            profileImage: changes.profileImage,
            isActive: changes.isActive,
            isSuperuser: changes.isSuperuser,
            optins: changes.optins,
            updatedAt: clock()
          },
          select: publicColumns
        })
        if (!user) throw new UserNotFound()
        if (changes.isActive === false) await sessions.revoke(tx, id, 'deactivated')
        if (passwordHash !== undefined) await sessions.revoke(tx, id, 'password_reset')
        return user
      }))
      if (passwordHash !== undefined) await guard.relent(changed)
      return { user: changed, events: changesOf(target, changed, passwordHash !== undefined) }
    },

    /**
     * The owner's own change of password. The session it was made in stays, every other one ends.
     * @param current may be left out where the settings do not ask for it
     * @returns the account, and the state of that session, from which fresh tokens are made
     * @throws NotOwnPassword, InteractiveOnly, WrongCurrentPassword, TooManyRequests, SamePassword or UnfitField
     */
    async changePassword (
      { user: { id: actorId }, via, sessionId }: Principal, id: string, current: string | undefined, password: string
    ): Promise<{ user: PublicUser, session: SessionState | undefined }> {
      if (actorId !== id) throw new NotOwnPassword()
      if (via !== 'session') throw new InteractiveOnly()
      if (current === undefined && requireCurrentPassword) throw new MissingField('current_password')
      const before = await db.user.findUniqueOrThrow({ where: { id }, select: { passwordHash: true, username: true } })
      if (current !== undefined) await checkCurrent(id, before.passwordHash, current)
      if (await hasher.verify(before.passwordHash, password)) throw new SamePassword()
      checkPassword(password, before.username)
      const passwordHash = await hasher.hash(password)
      const changed = await access.change(async tx => {
        const [user] = await tx.user.updateManyAndReturn({
          // The old hash again: of two changes at once, one was made with a password that is no longer the current one.
          where: { id, passwordHash: before.passwordHash },
          data: { passwordHash, hasDefaultPassword: false, updatedAt: clock() },
          select: publicColumns
        })
        if (!user) throw new WrongCurrentPassword()
        await sessions.revoke(tx, id, 'password_changed', { except: sessionId })
        return { user, session: sessionId === undefined ? undefined : await sessions.advance(tx, sessionId) }
      })
      await guard.relent(changed.user)
      return changed
    },

    /** Deletes an account and, by the foreign keys, all that it owns. */
    async remove (actor: Actor, id: string): Promise<void> {
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
