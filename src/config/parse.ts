import { Value } from '@sinclair/typebox/value'
import type { TSchema } from '@sinclair/typebox'

/** A setting's text could not be understood; the message says what is allowed and never repeats the text. */
export class UnfitValue extends Error {}

const words = new Map([
  ['true', true], ['1', true], ['yes', true], ['on', true],
  ['false', false], ['0', false], ['no', false], ['off', false]
])

function parseFlag (text: string): boolean {
  const value = words.get(text.toLowerCase())
  if (value === undefined) throw new UnfitValue('must be one of true, false, 1, 0, yes, no, on, off')
  return value
}

function parseWhole (text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new UnfitValue('must be a whole number')
  return Number(text)
}

/** A list as Langflow's operators write it: separated by commas, or a JSON array of strings. */
function parseList (text: string): string[] {
  if (!text.startsWith('[')) return text.split(',').map(item => item.trim()).filter(item => item !== '')
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
  } catch { /* said below */ }
  throw new UnfitValue('must be a list separated by commas, or a JSON array of strings')
}

function parseByType (schema: TSchema, text: string): unknown {
  switch (schema['type']) {
    case 'boolean': return parseFlag(text.trim())
    case 'integer': return parseWhole(text.trim())
    case 'array': return parseList(text.trim())
    default: return schema['enum'] ? text.trim().toLowerCase() : text
  }
}

/**
 * Reads one setting's text as its schema wants it.
 * @throws UnfitValue when the text does not fit, saying what is allowed
 */
export function parseSetting (schema: TSchema, text: string): unknown {
  const value = parseByType(schema, text)
  if (schema['enum']) {
    if (!schema['enum'].includes(value)) throw new UnfitValue(`must be one of ${schema['enum'].join(', ')}`)
    return value
  }
  const [first] = Value.Errors(schema, value)
  if (first) throw new UnfitValue(bounds(schema) ?? `must fit: ${first.message}`)
  return value
}

function bounds (schema: TSchema): string | undefined {
  const { minimum, maximum, minLength, maxLength, pattern } = schema
  if (minimum !== undefined) return `must be a whole number from ${minimum} to ${maximum}`
  if (maxLength !== undefined) return `must have ${minLength ?? 0} to ${maxLength} characters`
  if (pattern !== undefined) return `must match ${pattern}`
  return undefined
}
