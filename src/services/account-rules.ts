import {
  PasswordNotHere, PermissionDenied, SelfDeactivation, SuperuserRequired, UnfitField
} from '../errors.ts'
import { passwordProblem } from '../policy/passwords.ts'
import { normalizeUsername, usernameProblem } from '../policy/usernames.ts'
import type { SecurityEvent } from './events.ts'

/** Who asks for a change of an account. */
export type Actor = { id: string, isSuperuser: boolean }

export type UserChanges = {
  username?: string | undefined
  password?: string | undefined
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

/** @throws UnfitField when an account of that name may not have it */
export function checkPassword (password: string, username: string): void {
  const problem = passwordProblem(password, username)
  if (problem) throw new UnfitField('password', problem)
}

/** @throws what the actor may not do */
export function authorize (actor: Actor, id: string, changes: UserChanges) {
  const isSelf = actor.id === id
  if (isSelf && changes.isActive === false) throw new SelfDeactivation()
  if (isSelf && changes.password !== undefined) throw new PasswordNotHere()
  if (actor.isSuperuser) return
  if (!isSelf) throw new PermissionDenied()
  if (changes.isSuperuser !== undefined) throw new SuperuserRequired()
  if (changes.isActive !== undefined) throw new PermissionDenied()
}

type Standing = { isActive: boolean, isSuperuser: boolean }

/** What a change of an account means to whoever reads the log. */
export function changesOf (before: Standing, after: Standing, isReset: boolean): SecurityEvent[] {
  return [
    ...(before.isSuperuser === after.isSuperuser ? [] : ['role_changed'] as const),
    ...(before.isActive === after.isActive ? [] : [after.isActive ? 'activated' : 'deactivated'] as const),
    ...(isReset ? ['password_reset'] as const : [])
  ]
}
