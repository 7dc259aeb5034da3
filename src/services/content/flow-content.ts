import { FlowTooLarge, InvalidFields } from '../../errors.ts'
import { excessOf } from '../../json/bounds.ts'
import { compact } from '../../json/layout.ts'

/** The content of a flow: JSON that is passed on and never run. `text` is how the client wrote `value`. */
export type FlowData = { value: Record<string, unknown>, text: string }

/** Where in a request something stands, as FastAPI writes it. */
export type Location = Array<string | number>

/** Deeper than any flow, and far from where a recursive reader of JSON runs out of stack. */
const DEPTH_MAX = 256

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Why others could not read a value as it was meant; undefined when they can. Walks without recursion. */
function damage (value: object): string | undefined {
  const stack = [value]
  for (let container = stack.pop(); container; container = stack.pop()) {
    if (Object.hasOwn(container, '__proto__')) return 'Flow must not have members named __proto__'
    for (const value of Object.values(container)) {
      if (isContainer(value)) stack.push(value)
      // JSON.parse reads 1e999 as Infinity, which JSON cannot write.
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

/** A size for people. */
export const inMebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 102.4) / 10} MiB`

/** What somebody is told whose flow is beyond the bound. */
export const tooLarge = (bytesMax: number) => new FlowTooLarge(
  `The content of a flow may have ${inMebibytes(bytesMax)} at most (LANGFLOW_MAX_FLOW_SIZE_BYTES)`)

/**
 * The content in the form it is stored in: the client's own tokens, without the white space between them.
 * @param loc where it stood in the request
 * @throws FlowTooLarge when it is beyond the bound, InvalidFields when it is no flow
 */
export function toStoredContent ({ value, text }: FlowData, bytesMax: number, loc: Location): string {
  const stored = compact(text)
  const bytes = Buffer.from(stored)
  if (bytes.length > bytesMax) throw tooLarge(bytesMax)
  const msg = problem(value, bytes)
  if (msg) throw new InvalidFields([{ type: 'value_error', loc, msg: `Value error, ${msg}` }])
  return stored
}
