/** Levels of lists and objects in one JSON text: more than any route accepts. */
export const JSON_DEPTH_MAX = 2000

/** Values in one JSON text. One takes 2 bytes of text at least, and up to 150 bytes of memory once it is parsed. */
export const JSON_VALUES_MAX = 1_000_000

/** Which bound a JSON text passes. */
export type Excess = 'depth' | 'values'

const [QUOTE, OPEN, CLOSE, COMMA] = [1, 2, 3, 4]
const BACKSLASH = 0x5c

/** What a byte outside of strings means; 0 for all that matters to neither bound. */
const meanings = new Uint8Array(256)
meanings[0x22] = QUOTE
meanings[0x5b] = meanings[0x7b] = OPEN
meanings[0x5d] = meanings[0x7d] = CLOSE
meanings[0x2c] = COMMA

/** The index of the quote that ends a string, or the length of the text when there is none. */
function endOfString (bytes: Uint8Array, start: number): number {
  let i = start
  for (; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === BACKSLASH) i++
  return i
}

/**
 * Measures a JSON text before it is parsed: one pass over its bytes, no memory. The text need not be valid.
 * A value is counted at the bracket or comma before it, so an empty list or object counts as two.
 * @returns the bound that the text passes, undefined when it is within both
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
