import { scriptProblem } from './scripts.ts'

/** Most characters a username may have. */
export const USERNAME_LENGTH_MAX = 64

// Letters, marks, digits, punctuation, symbols and the plain space show; controls, format characters, private use,
// lone surrogates and the other separators do not.
const visible = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u
// Some letters, marks and symbols show nothing all the same: fillers, variation selectors, the blank of Braille.
const blank = /[\p{Default_Ignorable_Code_Point}\u2800]/u

/**
 * The form a username is stored in: NFKC (Unicode UAX #15), so that look-alikes by width are one name.
 * @param name as the client sent it
 */
export const normalizeUsername = (name: string) => name.normalize('NFKC')

// White space, and characters that show nothing: phone keyboards and copied texts add them at the ends.
const leading = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]+/u
const trailing = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]+$/u

/**
 * The form in which an account is looked up: normalized, without blanks at the ends. No stored name has them.
 * @param name as it was typed
 */
export const typedUsername = (name: string) =>
  normalizeUsername(name).replace(leading, '').replace(trailing, '')

/** One case for all: through the upper one, since the lower alone tells `ı`, `ß` and two small sigmas apart. */
const foldCase = (text: string) => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')

/** The key that makes usernames unique, and that accounts are found by: without blanks at the ends, in one case. */
export const usernameKey = (name: string) => foldCase(typedUsername(name)).normalize('NFKC')

/**
 * Says why a name cannot be a username.
 * @param name already normalized
 * @returns the reason, fit for a client; undefined when the name is fine
 */
export function usernameProblem (name: string): string | undefined {
  if (name.trim() === '') return 'Username must not be blank'
  if (name !== name.trim()) return 'Username must not begin or end with a blank'
  if ([...name].length > USERNAME_LENGTH_MAX) return `Username must have at most ${USERNAME_LENGTH_MAX} characters`
  if (!name.isWellFormed() || !visible.test(name) || blank.test(name)) {
    return 'Username must consist of visible characters'
  }
  return scriptProblem(name)
}
