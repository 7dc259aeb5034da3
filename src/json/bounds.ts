/** Maximum nesting of arrays and objects in a JSON text. No route accepts more. */
export const JSON_DEPTH_MAX = 2000

/** Maximum number of values in a JSON text. A value takes at least 2 bytes of text and up to 150 bytes of memory. */
export const JSON_VALUES_MAX = 1_000_000

/** The limit that a JSON text exceeds. */
export type Excess = 'depth' | 'values'

const [QUOTE, OPEN, CLOSE, COMMA] = [1, 2, 3, 4]
const BACKSLASH = 0x5c

/** The meaning of a byte outside of strings; 0 for bytes that affect neither limit. */
const meanings = new Uint8Array(256)
meanings[0x22] = QUOTE
meanings[0x5b] = meanings[0x7b] = OPEN
meanings[0x5d] = meanings[0x7d] = CLOSE
meanings[0x2c] = COMMA

/** The index of the quote that ends a string; the length of the text if there is none. */
function endOfString (bytes: Uint8Array, start: number): number {
  let i = start
  for (; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === BACKSLASH) i++
  return i
}

/**
 * Measures a JSON text before it is parsed, in one pass and without allocating memory. The text may be invalid. A value
 * is counted at the bracket or comma before it, so an empty array or object counts as two.
 * @returns the limit that the text exceeds; undefined if it exceeds none
 */
export function excessOf (
  bytes: Uint8Array, { depthMax = JSON_DEPTH_MAX, valuesMax = JSON_VALUES_MAX } = {}
): Excess | undefined {
  let depth = 0
  let values = 1
  for (let i = 0; i < bytes.length; i++) {
    switch (meanings[bytes[i] ?? 0]) {
      case QUOTE:
        i = endOfString(bytes, i + 1)
        break
      case OPEN:
        if (++depth > depthMax) return 'depth'
        if (++values > valuesMax) return 'values'
        break
      case COMMA:
        if (++values > valuesMax) return 'values'
        break
      case CLOSE:
        depth--
    }
  }
  return undefined
}
