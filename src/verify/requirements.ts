import { VerificationError } from './errors.ts'
import type { Access, Identity } from './identity.ts'

/** What a route requires of a token. An empty object requires only a valid token. */
export type Requirements = {
  /** The token has all of these scopes. */
  scopes?: readonly string[]
  /** The account is in at least one of these groups. */
  groups?: readonly string[]
  /** The account has this access level or a higher one. */
  access?: Access
}

const LEVELS: readonly Access[] = ['viewer', 'editor', 'admin']

/** @throws VerificationError (403) if the identity does not meet the requirements */
export function requireAll ({ scopes, groups, access }: Identity, requirements: Requirements): void {
  const missing = (requirements.scopes ?? []).filter(scope => !scopes.includes(scope))
  if (missing.length > 0) throw new VerificationError('insufficient_scope', { scopes: requirements.scopes })
  if (requirements.groups && !requirements.groups.some(group => groups.includes(group))) {
    throw new VerificationError('insufficient_group')
  }
  if (requirements.access === undefined) return
  if (access === undefined || LEVELS.indexOf(access) < LEVELS.indexOf(requirements.access)) {
    throw new VerificationError('insufficient_access')
  }
}
