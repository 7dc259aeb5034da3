import { SECRET_BYTES_MAX } from '../crypto/secret-box.ts'
import { isStorable } from './texts.ts'

/** Most characters a variable's name, or the name of a field it is offered for, may have. */
export const VARIABLE_NAME_LENGTH_MAX = 255

/** How many fields a variable may be offered for by default. */
export const DEFAULT_FIELDS_MAX = 100

/**
 * Says why a text cannot name a variable or a field of it.
 * @returns the reason, fit for a client; undefined when the name is fine
 */
export function variableNameProblem (name: string): string | undefined {
  if ([...name].length > VARIABLE_NAME_LENGTH_MAX) return `Name must have at most ${VARIABLE_NAME_LENGTH_MAX} characters`
  if (!isStorable(name) || /\p{Cc}/u.test(name)) return 'Name must consist of visible characters'
  return undefined
}

/** Says why a text cannot be a variable's value, without repeating it; undefined when it can. */
export function variableValueProblem (value: string): string | undefined {
  if (Buffer.byteLength(value) > SECRET_BYTES_MAX) return `Value must have at most ${SECRET_BYTES_MAX} bytes in UTF-8`
  if (!isStorable(value)) return 'Value must be valid Unicode text without NUL or a byte order mark'
  return undefined
}

/** Names of Langflow's own variables, which lists leave out. */
export const isHiddenVariable = (name: string) => name.startsWith('__') && name.endsWith('__')
