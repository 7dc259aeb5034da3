import { InvalidFields } from '../errors.ts'
import { type Excess, excessOf, JSON_DEPTH_MAX, JSON_VALUES_MAX } from './bounds.ts'

/** Where in a request the JSON text is, as FastAPI writes it. */
type Location = Array<string | number>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BYTE_ORDER_MARK = '\uFEFF'

const excesses: Record<Excess, string> = {
  depth: `JSON must be nested at most ${JSON_DEPTH_MAX} levels deep`,
  values: `JSON must have at most ${JSON_VALUES_MAX} values`
}

/** What a client is told of a text that is no JSON, or of one that passes a bound. */
export const notJson = (loc: Location, excess?: Excess) => new InvalidFields([{
  type: 'json_invalid', loc, msg: excess === undefined ? 'JSON decode error' : excesses[excess]
}])

/**
 * The text of a JSON document that is safe to parse: UTF-8, within the bounds of depth and number of values.
 * Every JSON document of a client passes through here before it is parsed.
 * @param loc where the document is in the request, for the error
 * @param mark whether a byte order mark is removed or refused (RFC 8259, 8.1 allows either)
 * @throws InvalidFields with the bound that was passed, or when the bytes are no UTF-8
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
