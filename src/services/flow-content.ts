import { FlowTooLarge, InvalidFields } from '../errors.ts'

/** The content of a flow: JSON that is passed on and never run. */
export type FlowData = Record<string, unknown>

/** Where in a request something stands, as FastAPI writes it. */
export type Location = Array<string | number>

/** Deeper than any flow, and far from where a recursive reader of JSON runs out of stack. */
const DEPTH_MAX = 256

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Why a parsed value would not come back as it came; undefined when it would. Walks without recursion. */
function damage (data: FlowData): string | undefined {
  const stack: Array<[value: object, depth: number]> = [[data, 1]]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [container, depth] = next
    if (depth > DEPTH_MAX) return `Flow must be nested at most ${DEPTH_MAX} levels deep`
    if (Object.hasOwn(container, '__proto__')) return 'Flow must not have members named __proto__'
    for (const value of Object.values(container)) {
      if (isContainer(value)) stack.push([value, depth + 1])
      // JSON.parse reads 1e999 as Infinity, which JSON cannot write.
      else if (typeof value === 'number' && !Number.isFinite(value)) return 'Flow must have finite numbers only'
    }
  }
  return undefined
}

function problem (data: FlowData): string | undefined {
  if (Object.keys(data).length === 0) return undefined
  if (!Object.hasOwn(data, 'nodes')) return 'Flow must have nodes'
  if (!Object.hasOwn(data, 'edges')) return 'Flow must have edges'
  return damage(data)
}

/** A size for people. */
export const inMebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 102.4) / 10} MiB`

/** What somebody is told whose flow is beyond the bound. */
export const tooLarge = (bytesMax: number) => new FlowTooLarge(
  `The content of a flow may have ${inMebibytes(bytesMax)} at most (LANGFLOW_MAX_FLOW_SIZE_BYTES)`)

/**
 * The content in the form it is stored in.
 * @param loc where it stood in the request
 * @throws InvalidFields when it is no flow, FlowTooLarge when it is beyond the bound
 */
export function toStoredContent (data: FlowData, bytesMax: number, loc: Location): string {
  const msg = problem(data)
  if (msg) throw new InvalidFields([{ type: 'value_error', loc, msg: `Value error, ${msg}` }])
  const text = JSON.stringify(data)
  if (Buffer.byteLength(text) > bytesMax) throw tooLarge(bytesMax)
  return text
}

/** The content as everybody may see it: what was typed into password fields of its components is left out. */
export function withoutPasswords (text: string): string {
  // Langflow's components keep their fields in `template`; a field that holds a secret says `"password": true`.
  return JSON.stringify(JSON.parse(text, (_, value) =>
    isContainer(value) && 'password' in value && value.password === true && 'value' in value
      ? { ...value, value: null }
      : value))
}
