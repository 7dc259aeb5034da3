export const PASSWORD_LENGTH_MIN = 8
export const PASSWORD_LENGTH_MAX = 256

/**
 * The password rules that need no list of common passwords. The console checks them during input.
 * @returns the reason for the client; undefined if the password follows the rules
 */
export function passwordShapeProblem (password: string, username: string): string | undefined {
  if (!password.isWellFormed()) return 'Password must be valid Unicode text'
  const normalized = password.normalize('NFKC')
  const length = [...normalized].length
  if (length < PASSWORD_LENGTH_MIN) return `Password must have at least ${PASSWORD_LENGTH_MIN} characters`
  if (length > PASSWORD_LENGTH_MAX) return `Password must have at most ${PASSWORD_LENGTH_MAX} characters`
  if (normalized.trim() === '') return 'Password must not be blank'
  if (/\p{Cc}/u.test(normalized)) return 'Password must not contain control characters'
  if (normalized.toLowerCase() === username.normalize('NFKC').toLowerCase()) return 'Password must not be the username'
  return undefined
}
