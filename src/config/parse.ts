import { Value } from '@sinclair/typebox/value'
import type { TSchema } from '@sinclair/typebox'

/** The text of a setting is invalid. The message says what is allowed and never contains the text. */
export class UnfitValue extends Error {
  readonly remedy: string | undefined
  /** The source of the text, if the reader knows it better than the caller. */
  readonly place: string | undefined

  constructor (message: string, remedy?: string, place?: string) {
    super(message)
    this.remedy = remedy
    this.place = place
  }
}

// The boolean words of Pydantic, which Langflow uses for its settings.
const words = new Map([
  ...['true', '1', 'yes', 'on', 't', 'y'].map(word => [word, true] as const),
  ...['false', '0', 'no', 'off', 'f', 'n'].map(word => [word, false] as const)
])

function parseFlag (text: string): boolean {
  const value = words.get(text.toLowerCase())
  if (value === undefined) throw new UnfitValue('must be one of true, false, 1, 0, yes, no, on, off, t, f, y, n')
  return value
}

/** Parses an integer as Pydantic does, which accepts `1_000` and `3600.0`. */
function parseWhole (text: string): number {
  const digits = /^([+-]?\d+(?:_\d+)*)(?:\.0*)?$/.exec(text)?.[1]?.replaceAll('_', '')
  if (digits === undefined || digits.length > 16) throw new UnfitValue('must be an integer')
  return Number(digits)
}

/** Parses an enum value in any case. Accepts aliases, and boolean words if the enum contains `true` and `false`. */
function parseWord ({ enum: allowed, aliases = {} }: TSchema, text: string): string {
  const word = text.toLowerCase()
  const known = allowed.find((each: string) => each.toLowerCase() === word)
  if (known !== undefined) return known
  if (Object.hasOwn(aliases, word)) return aliases[word]
  const value = String(words.get(word))
  if (allowed.includes(value)) return value
  throw new UnfitValue(`must be one of ${[...allowed, ...Object.keys(aliases)].join(', ')}`)
}

/** Parses a list: separated by commas, or a JSON array of strings. */
function parseList (text: string): string[] {
  if (!text.startsWith('[')) return text.split(',').map(item => item.trim()).filter(item => item !== '')
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
  } catch { /* reported below */ }
  throw new UnfitValue('must be a list separated by commas, or a JSON array of strings')
}

function parseByType (schema: TSchema, text: string): unknown {
  switch (schema['type']) {
    case 'boolean': return parseFlag(text.trim())
    case 'integer': return parseWhole(text.trim())
    case 'array': return parseList(text.trim())
    default: return schema['enum'] ? parseWord(schema, text.trim()) : text
  }
}

/**
 * Parses the text of a setting according to its schema.
 * @throws UnfitValue with the allowed values if the text is invalid
 */
export function parseSetting (schema: TSchema, text: string): unknown {
  const value = parseByType(schema, text)
  if (schema['enum']) return value
  const [first] = Value.Errors(schema, value)
  if (first) throw new UnfitValue(bounds(schema) ?? `is invalid: ${first.message}`)
  return value
}

function bounds (schema: TSchema): string | undefined {
  const { minimum, maximum, minLength, maxLength, pattern, form } = schema
  if (form !== undefined) return `must be ${form}`
  if (minimum !== undefined) return `must be an integer from ${minimum} to ${maximum}`
  if (maxLength !== undefined) return `must have ${minLength ?? 0} to ${maxLength} characters`
  if (pattern !== undefined) return `must match ${pattern}`
  return undefined
}
