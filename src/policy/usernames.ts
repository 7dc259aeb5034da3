/** Most characters a username may have. */
export const USERNAME_LENGTH_MAX = 64

// Letters, marks, digits, punctuation, symbols and the plain space show; controls, format characters, private use,
// lone surrogates and the other separators do not.
const visible = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u

/**
 * The form a username is stored in: NFKC (Unicode UAX #15), so that look-alikes by width are one name.
 * @param name as the client sent it
 */
export const normalizeUsername = (name: string) => name.normalize('NFKC')

/** The key that makes usernames unique: normalized and in lower case. */
export const usernameKey = (name: string) => normalizeUsername(name).toLowerCase().normalize('NFKC')

/**
 * Says why a name cannot be a username.
 * @param name already normalized
 * @returns the reason, fit for a client; undefined when the name is fine
 */
export function usernameProblem (name: string): string | undefined {
  if (name.trim() === '') return 'Username must not be blank'
  if (name !== name.trim()) return 'Username must not begin or end with a blank'
  if ([...name].length > USERNAME_LENGTH_MAX) return `Username must have at most ${USERNAME_LENGTH_MAX} characters`
  if (!name.isWellFormed() || !visible.test(name)) return 'Username must consist of visible characters'
  return undefined
}
