import { dictionary } from '@zxcvbn-ts/language-common'

export const PASSWORD_LENGTH_MIN = 8
export const PASSWORD_LENGTH_MAX = 256

/** Passwords seen most often in breaches, and the one that Langflow's documentation prints. */
const common = new Set([...dictionary['passwords-common'], 'langflow'])

/**
 * Says why a password will not do (NIST SP 800-63B-4, 3.1.1.2: length and a block list, no rules of composition).
 * The one rule for every way a password is set.
 * @param password as the client sent it
 * @param username of its account
 * @returns the reason, fit for a client; undefined when the password is fine
 */
export function passwordProblem (password: string, username: string): string | undefined {
  if (!password.isWellFormed()) return 'Password must be valid Unicode text'
  const normalized = password.normalize('NFKC')
  const length = [...normalized].length
  if (length < PASSWORD_LENGTH_MIN) return `Password must have at least ${PASSWORD_LENGTH_MIN} characters`
  if (length > PASSWORD_LENGTH_MAX) return `Password must have at most ${PASSWORD_LENGTH_MAX} characters`
  if (normalized.trim() === '') return 'Password must not be blank'
  if (/\p{Cc}/u.test(normalized)) return 'Password must not contain control characters'
  const folded = normalized.toLowerCase()
  if (folded === username.normalize('NFKC').toLowerCase()) return 'Password must not be the username'
  if (common.has(folded)) return 'Password is among the most common ones'
  return undefined
}
