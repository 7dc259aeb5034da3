import {
  InteractiveOnly, PasswordNotHere, PermissionDenied, SelfDeactivation, SuperuserRequired, UnfitField
} from '../../errors.ts'
import { passwordProblem } from '../../policy/passwords.ts'
import { normalizeUsername, usernameProblem } from '../../policy/usernames.ts'
import { type Actor, isInteractive } from '../access/principal.ts'
import { requireGrant } from '../access/scopes.ts'
import type { SecurityEvent } from '../audit/events.ts'

export type UserChanges = {
  username?: string | undefined
  password?: string | undefined
  /** With `password`: keeps the API keys of the account active. */
  keepApiKeys?: boolean | undefined
  profileImage?: string | undefined
  isActive?: boolean | undefined
  isSuperuser?: boolean | undefined
  optins?: Record<string, boolean> | undefined
}

/** Normalizes a username. @throws UnfitField if it is not allowed */
export function checkedUsername (name: string): string {
  const normalized = normalizeUsername(name)
  const problem = usernameProblem(normalized)
  if (problem) throw new UnfitField('username', problem)
  return normalized
}

/**
 * Checks a new password.
 * @param words words that a password must not consist of
 * @throws UnfitField if the password is not allowed for the account
 */
export function checkPassword (password: string, username: string, words: readonly string[]): void {
  const problem = passwordProblem(password, username, words)
  if (problem) throw new UnfitField('password', problem)
}

/** The rights of an account, before or after a change. */
type Rights = { isActive: boolean, isSuperuser: boolean }

/** The rights that differ from the present ones. Clients send whole forms, so most members are unchanged. */
export function changedRights (before: Rights, { isActive, isSuperuser }: UserChanges) {
  return {
    isActive: isActive === before.isActive ? undefined : isActive,
    isSuperuser: isSuperuser === before.isSuperuser ? undefined : isSuperuser
  }
}

/**
 * Checks what the actor may change in an account, whatever its present state.
 * @throws the failure for the first change that is not permitted
 */
export function authorize (actingAs: Actor, id: string, changes: UserChanges) {
  const { user: actor } = actingAs
  const isSelf = actor.id === id
  if (isSelf && changes.isActive === false) throw new SelfDeactivation()
  if (isSelf && changes.password !== undefined) throw new PasswordNotHere()
  if (actor.isSuperuser) {
    if (!isSelf || changes.isSuperuser !== undefined) requireGrant(actingAs, 'users:write')
    return
  }
  if (!isSelf) throw new PermissionDenied()
  if (changes.isSuperuser !== undefined) throw new SuperuserRequired()
  if (changes.isActive !== undefined) throw new PermissionDenied()
}

/**
 * Checks that an actor with an API key grants no rights and sets no password: they would outlive the key.
 * @throws InteractiveOnly
 */
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
