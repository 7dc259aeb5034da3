import { dictionary } from '@zxcvbn-ts/language-common'
import { isMadeOf } from './password-context.ts'
import { passwordShapeProblem } from './password-shape.ts'

/** The most frequent passwords in breaches, and the default password of Langflow's documentation. */
const common = new Set([...dictionary['passwords-common'], 'langflow'])

/**
 * Validates a password (NIST SP 800-63B-4, 3.1.1.2: length and a block list, no composition rules). Applies wherever a
 * password is set.
 * @param password as the client sent it
 * @param username username of the account
 * @param words words that passwords of this server must not consist of
 * @returns the reason for the client; undefined if the password is allowed
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
