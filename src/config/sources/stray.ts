import { isIPv6 } from 'node:net'

/** A value without accidental characters around it, and the names of those that were removed. */
export type Tidied = { text: string, removed: readonly string[] }

const ZERO_WIDTH = '\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069'
const kinds: ReadonlyArray<readonly [RegExp, string]> = [
  [/\uFEFF/, 'a byte order mark'],
  [new RegExp(`[${ZERO_WIDTH}]`), 'zero-width characters'],
  [/[\r\n\u0085\u2028\u2029]/, 'line ends'],
  [/\t/, 'tabs'],
  [/[\u00a0\u2007\u202f]/, 'no-break spaces'],
  [/\s/, 'blanks']
]
const OUTER = `[\\s\\u0085\\uFEFF${ZERO_WIDTH}]+`
const first = new RegExp(`^${OUTER}`)
const last = new RegExp(`${OUTER}$`)

const pairs = [['"', '"'], ["'", "'"], ['“', '”'], ['‘', '’']] as const

/** Characters that may separate the items of a list, and therefore need no warning around an item. */
const separators: ReadonlySet<string> = new Set(['line ends', 'tabs', 'blanks'])

function withoutEnds (text: string): Tidied {
  const inner = text.replace(first, '').replace(last, '')
  const ends = [...text.slice(0, text.match(first)?.[0].length ?? 0), ...text.match(last)?.[0] ?? '']
  const removed = kinds.map(([kind, name]) => ends.some(character =>
    kinds.find(([pattern]) => pattern.test(character))?.[0] === kind) && name).filter(name => name !== false)
  return { text: inner, removed }
}

/**
 * Removes one pair of quotes around the whole value. If the value contains further quotes, the outer ones are not a
 * pair.
 */
function withoutQuotes (text: string): Tidied {
  const inner = text.slice(1, -1)
  const isPair = text.length > 1 && pairs.some(([open, close]) =>
    text.startsWith(open) && text.endsWith(close) && !inner.includes(open) && !inner.includes(close))
  return isPair ? { text: inner, removed: ['a pair of quotes'] } : { text, removed: [] }
}

function inTurn (text: string, steps: ReadonlyArray<(text: string) => Tidied>): Tidied {
  const removed = new Set<string>()
  for (const step of steps) {
    const tidied = step(text)
    text = tidied.text
    for (const what of tidied.removed) removed.add(what)
  }
  return { text, removed: [...removed] }
}

/**
 * Removes accidental characters around a value: white space, a byte order mark and zero-width characters at the ends,
 * and one pair of quotes (`docker run --env-file` keeps quotes).
 */
export const tidy = (text: string): Tidied => inTurn(text, [withoutEnds, withoutQuotes, withoutEnds])

/** The same for each item of a list that is separated by commas. White space next to a comma is ignored. */
export function tidyItems (text: string): Tidied {
  if (text.startsWith('[')) return { text, removed: [] }
  const items = text.split(',').map(tidy)
  const removed = new Set(items.flatMap(item => item.removed).filter(what => !separators.has(what)))
  return { text: items.map(item => item.text).join(','), removed: [...removed] }
}

/** Whether only white space was removed. */
export const isSpacing = (removed: readonly string[]) => removed.every(what => separators.has(what))

/** Removes the brackets around an IPv6 address, as in URLs. */
export function withoutBrackets (text: string): Tidied {
  const inner = /^\[(.+)\]$/.exec(text)?.[1] ?? ''
  return isIPv6(inner) ? { text: inner, removed: ['brackets'] } : { text, removed: [] }
}

/** Describes the first control character of a text; undefined if there is none. */
export function controlProblem (text: string): string | undefined {
  const at = text.search(/[\p{Cc}\p{Cs}\u2028\u2029]/u)
  if (at === -1) return undefined
  const code = (text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `has a control character (U+${code}) at position ${[...text.slice(0, at)].length + 1}`
}
