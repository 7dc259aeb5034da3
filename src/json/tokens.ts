/**
 * Locates tokens in a JSON text without changing it: numbers keep their digits, members keep their order and
 * duplicates. All functions expect a text, or a position in one, that JSON.parse accepts.
 */

/** Start index (inclusive) and end index (exclusive) of a value. */
export type Span = [start: number, end: number]

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]

export const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isOpening = (code: number) => code === 0x5b || code === 0x7b
const isClosing = (code: number) => code === 0x5d || code === 0x7d

/** @returns the first index from `start` on that is not white space */
export function skipSpace (text: string, start: number): number {
  let i = start
  while (isSpace(text.charCodeAt(i))) i++
  return i
}

/** @param start index of the opening quote @returns the index after the closing quote */
export function endOfString (text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return quote + 1
  }
  return text.length
}

/** @param start index of the first character of a value @returns the index after its last character */
function endOfValue (text: string, start: number): number {
  let depth = 0
  for (let i = start; i < text.length;) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) {
      i = endOfString(text, i)
      if (depth === 0) return i
      continue
    }
    if (depth === 0 && (code === COMMA || isClosing(code) || isSpace(code))) return i
    if (isOpening(code)) depth++
    i++
    if (isClosing(code) && --depth === 0) return i
  }
  return text.length
}

/** The name in a span that includes its quotes. */
export function nameAt (text: string, [start, end]: Span): string {
  const name = text.slice(start + 1, end - 1)
  return name.includes('\\') ? JSON.parse(`"${name}"`) : name
}

/** The spans of an array's items, in order. @param start index of the array, or of white space before it */
export function itemsOf (text: string, start: number): Span[] {
  const spans: Span[] = []
  let i = skipSpace(text, skipSpace(text, start) + 1)
  while (i < text.length && !isClosing(text.charCodeAt(i))) {
    const end = endOfValue(text, i)
    spans.push([i, end])
    i = skipSpace(text, end)
    if (text.charCodeAt(i) === COMMA) i = skipSpace(text, i + 1)
  }
  return spans
}

/**
 * The span of an object's member. If the name occurs more than once, the last member applies, as in JSON.parse.
 * @param start index of the object, or of white space before it
 * @returns undefined if there is no such member
 */
export function memberOf (text: string, start: number, name: string): Span | undefined {
  let found: Span | undefined
  let i = skipSpace(text, skipSpace(text, start) + 1)
  while (text.charCodeAt(i) === QUOTE) {
    const endOfName = endOfString(text, i)
    const colon = skipSpace(text, endOfName)
    const value = skipSpace(text, colon + 1)
    const end = endOfValue(text, value)
    if (nameAt(text, [i, endOfName]) === name) found = [value, end]
    i = skipSpace(text, end)
    if (text.charCodeAt(i) === COMMA) i = skipSpace(text, i + 1)
  }
  return found
}
