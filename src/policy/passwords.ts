import { dictionary } from '@zxcvbn-ts/language-common'
import { isMadeOf } from './password-context.ts'
import { passwordShapeProblem } from './password-shape.ts'

/** Passwords seen most often in breaches, and the one that Langflow's documentation prints. */
const common = new Set([...dictionary['passwords-common'], 'langflow'])

/**
 * Says why a password will not do (NIST SP 800-63B-4, 3.1.1.2: length and a block list, no rules of composition).
 * The one rule for every way a password is set.
 * @param password as the client sent it
 * @param username of its account
 * @param words what passwords of this server must not be made of
 * @returns the reason, fit for a client; undefined when the password is fine
 */
export function passwordProblem (
  password: string, username: string, words: readonly string[]
): string | undefined {
  const problem = passwordShapeProblem(password, username)
  if (problem !== undefined) return problem
  if (common.has(password.normalize('NFKC').toLowerCase())) return 'Password is among the most common ones'
  return isMadeOf(password, username, words)
    ? 'Password must be more than the username or the name of this server'
    : undefined
}
