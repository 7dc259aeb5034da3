import { SECRET_BYTES_MAX } from '../crypto/secret-box.ts'
import { isStorable } from './texts.ts'

/** Maximum number of characters in the name of a variable or of a field it is a default for. */
export const VARIABLE_NAME_LENGTH_MAX = 255

/** Maximum number of fields that a variable can be a default for. */
export const DEFAULT_FIELDS_MAX = 100

/**
 * Validates the name of a variable or of a field.
 * @returns the reason for the client; undefined if the name is allowed
 */
export function variableNameProblem (name: string): string | undefined {
  if ([...name].length > VARIABLE_NAME_LENGTH_MAX) return `Name must have at most ${VARIABLE_NAME_LENGTH_MAX} characters`
  if (!isStorable(name) || /\p{Cc}/u.test(name)) return 'Name must consist of visible characters'
  return undefined
}

/**
 * Validates the value of a variable.
 * @returns the reason for the client, without the value; undefined if the value is allowed
 */
export function variableValueProblem (value: string): string | undefined {
  if (Buffer.byteLength(value) > SECRET_BYTES_MAX) return `Value must have at most ${SECRET_BYTES_MAX} bytes in UTF-8`
  if (!isStorable(value)) return 'Value must be valid Unicode text without NUL or a byte order mark'
  return undefined
}

/** Names of Langflow's internal variables, which lists omit. */
export const isHiddenVariable = (name: string) => name.startsWith('__') && name.endsWith('__')
