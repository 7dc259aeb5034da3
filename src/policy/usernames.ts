import { scriptProblem } from './scripts.ts'

/** Maximum number of characters in a username. */
export const USERNAME_LENGTH_MAX = 64

// Letters, marks, digits, punctuation, symbols and U+0020 are visible. Controls, format characters, private use, lone
// surrogates and other separators are not.
const visible = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u
// Some letters, marks and symbols are invisible: fillers, variation selectors, the blank Braille pattern.
const blank = /[\p{Default_Ignorable_Code_Point}\u2800]/u

/**
 * The stored form of a username: NFKC (Unicode UAX #15), so that full-width and half-width spellings are the same name.
 * @param name as the client sent it
 */
export const normalizeUsername = (name: string) => name.normalize('NFKC')

// White space and invisible characters, which phone keyboards and copied texts add at the ends.
const leading = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]+/u
const trailing = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]+$/u

/**
 * The form for looking up an account: normalized, without blanks at the ends. Stored names have no such blanks.
 * @param name as the user typed it
 */
export const typedUsername = (name: string) =>
  normalizeUsername(name).replace(leading, '').replace(trailing, '')

/**
 * Case folding. Converts to upper case first, because lower case alone distinguishes `ı`, `ß` and both small sigmas.
 */
const foldCase = (text: string) => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')

/** The unique key of a username, by which accounts are found: without blanks at the ends, case-folded. */
export const usernameKey = (name: string) => foldCase(typedUsername(name)).normalize('NFKC')

/**
 * Validates a username.
 * @param name already normalized
 * @returns the reason for the client; undefined if the name is allowed
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
