import { FlowTooLarge, InvalidFields } from '../../errors.ts'
import { excessOf } from '../../json/bounds.ts'
import { compact } from '../../json/layout.ts'

/** The content of a flow: JSON that is stored but never executed. `text` is the client's JSON of `value`. */
export type FlowData = { value: Record<string, unknown>, text: string }

/** A place in a request, in FastAPI's notation. */
export type Location = Array<string | number>

/** More levels than any flow has, and far fewer than would exhaust the stack of a recursive JSON parser. */
const DEPTH_MAX = 256

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Why other JSON parsers would read the value differently; undefined if they would not. Does not use recursion. */
function damage (value: object): string | undefined {
  const stack = [value]
  for (let container = stack.pop(); container; container = stack.pop()) {
    if (Object.hasOwn(container, '__proto__')) return 'Flow must not have members named __proto__'
    for (const value of Object.values(container)) {
      if (isContainer(value)) stack.push(value)
      // JSON.parse reads 1e999 as Infinity, which JSON cannot represent.
      else if (typeof value === 'number' && !Number.isFinite(value)) return 'Flow must have finite numbers only'
    }
  }
  return undefined
}

function problem (value: object, bytes: Buffer): string | undefined {
  if (bytes.length === '{}'.length) return undefined
  if (!Object.hasOwn(value, 'nodes')) return 'Flow must have nodes'
  if (!Object.hasOwn(value, 'edges')) return 'Flow must have edges'
  if (excessOf(bytes, { depthMax: DEPTH_MAX, valuesMax: Infinity })) {
    return `Flow must be nested at most ${DEPTH_MAX} levels deep`
  }
  return damage(value)
}

/** A size in MiB, for messages. */
export const inMebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 102.4) / 10} MiB`

/** The failure for a flow that exceeds the size limit. */
export const tooLarge = (bytesMax: number) => new FlowTooLarge(
  `The content of a flow may have ${inMebibytes(bytesMax)} at most (LANGFLOW_MAX_FLOW_SIZE_BYTES)`)

/**
 * The stored content: the client's tokens without the white space between them.
 * @param loc the place of the content in the request
 * @throws FlowTooLarge if it exceeds the limit; InvalidFields if it is not a flow
 */
export function toStoredContent ({ value, text }: FlowData, bytesMax: number, loc: Location): string {
  const stored = compact(text)
  const bytes = Buffer.from(stored)
  if (bytes.length > bytesMax) throw tooLarge(bytesMax)
  const msg = problem(value, bytes)
  if (msg) throw new InvalidFields([{ type: 'value_error', loc, msg: `Value error, ${msg}` }])
  return stored
}
