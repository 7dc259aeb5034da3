import { InvalidFields } from '../errors.ts'
import { type Excess, excessOf, JSON_DEPTH_MAX, JSON_VALUES_MAX } from './bounds.ts'

/** The location of the JSON text in a request, in FastAPI's format. */
type Location = Array<string | number>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BYTE_ORDER_MARK = '\uFEFF'

const excesses: Record<Excess, string> = {
  depth: `JSON must be nested at most ${JSON_DEPTH_MAX} levels deep`,
  values: `JSON must have at most ${JSON_VALUES_MAX} values`
}

/** The error for a text that is not JSON or exceeds a limit. */
export const notJson = (loc: Location, excess?: Excess) => new InvalidFields([{
  type: 'json_invalid', loc, msg: excess === undefined ? 'JSON decode error' : excesses[excess]
}])

/**
 * Decodes a JSON document from a client and checks that it is safe to parse: UTF-8, within the limits of depth and
 * number of values. Every JSON document of a client passes through this function.
 * @param loc the location of the document in the request, for the error
 * @param mark whether a byte order mark is removed or rejected (RFC 8259, 8.1 allows either)
 * @throws InvalidFields with the limit that was exceeded, or if the bytes are not UTF-8
 */
export function readJsonText (bytes: Uint8Array, loc: Location, mark: 'remove' | 'refuse'): string {
  const excess = excessOf(bytes)
  if (excess) throw notJson(loc, excess)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw notJson(loc)
  }
  if (!text.startsWith(BYTE_ORDER_MARK)) return text
  if (mark === 'refuse') throw notJson(loc)
  return text.slice(1)
}
