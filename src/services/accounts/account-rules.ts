import {
  InteractiveOnly, PasswordNotHere, PermissionDenied, SelfDeactivation, SuperuserRequired, UnfitField
} from '../../errors.ts'
import { passwordProblem } from '../../policy/passwords.ts'
import { normalizeUsername, usernameProblem } from '../../policy/usernames.ts'
import { type Actor, isInteractive } from '../access/principal.ts'
import type { SecurityEvent } from '../audit/events.ts'

export type UserChanges = {
  username?: string | undefined
  password?: string | undefined
  /** With a password: leaves the API keys of the account on. */
  keepApiKeys?: boolean | undefined
  profileImage?: string | undefined
  isActive?: boolean | undefined
  isSuperuser?: boolean | undefined
  optins?: Record<string, boolean> | undefined
}

/** A name in its stored form. @throws UnfitField saying why it cannot be one */
export function checkedUsername (name: string): string {
  const normalized = normalizeUsername(name)
  const problem = usernameProblem(normalized)
  if (problem) throw new UnfitField('username', problem)
  return normalized
}

/**
 * @param words what a password of this server must not be made of
 * @throws UnfitField when an account of that name may not have the password
 */
export function checkPassword (password: string, username: string, words: readonly string[]): void {
  const problem = passwordProblem(password, username, words)
  if (problem) throw new UnfitField('password', problem)
}

/** Rights of an account, before or after a change. */
type Rights = { isActive: boolean, isSuperuser: boolean }

/** The rights that a change really changes: clients send whole forms. */
export function changedRights (before: Rights, { isActive, isSuperuser }: UserChanges) {
  return {
    isActive: isActive === before.isActive ? undefined : isActive,
    isSuperuser: isSuperuser === before.isSuperuser ? undefined : isSuperuser
  }
}

/** @throws what the actor may not do to the account of that id, whatever its present state */
export function authorize ({ user: actor }: Actor, id: string, changes: UserChanges) {
  const isSelf = actor.id === id
  if (isSelf && changes.isActive === false) throw new SelfDeactivation()
  if (isSelf && changes.password !== undefined) throw new PasswordNotHere()
  if (actor.isSuperuser) return
  if (!isSelf) throw new PermissionDenied()
  if (changes.isSuperuser !== undefined) throw new SuperuserRequired()
  if (changes.isActive !== undefined) throw new PermissionDenied()
}

/** @throws InteractiveOnly when the actor would give rights, or a password, that outlive its credential */
export function requireInteractiveToRaise (actor: Actor, before: Rights, changes: UserChanges) {
  const { isActive, isSuperuser } = changedRights(before, changes)
  if (isInteractive(actor) || !(isActive || isSuperuser || changes.password !== undefined)) return
  throw new InteractiveOnly('Sign in interactively to set passwords, activate accounts or promote them')
}

/** Columns that change with a new password. Sessions that began with an earlier version become invalid. */
export const newCredential = (passwordHash: string) => ({
  passwordHash, hasDefaultPassword: false, knownNetworks: {}, credentialsVersion: { increment: 1 }
})

/** The security events of a change of an account. */
export function changesOf (before: Rights, after: Rights, isReset: boolean): SecurityEvent[] {
  return [
    ...(before.isSuperuser === after.isSuperuser ? [] : ['role_changed'] as const),
    ...(before.isActive === after.isActive ? [] : [after.isActive ? 'activated' : 'deactivated'] as const),
    ...(isReset ? ['password_reset'] as const : [])
  ]
}
