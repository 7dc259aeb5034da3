import type { Static } from '@sinclair/typebox'
import { itemsOf, memberOf } from '../../json/tokens.ts'
import type { FlowCreate } from '../../schemas/content/flows.ts'
import type { FlowInput } from '../../services/content/flow-rows.ts'
import { toFlowInput } from './flows.ts'

/** The JSON file of a form. */
type JsonFile = { field: string, text: string, value: unknown } | null

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const itemTexts = (text: string, start: number) => itemsOf(text, start).map(span => text.slice(...span))

/** Converts new flows. @param texts the JSON of each */
function toFlowInputs (flows: Array<Static<typeof FlowCreate>>, texts: string[]): FlowInput[] {
  return flows.map((flow, index) => toFlowInput(flow, texts[index] ?? ''))
}

/** The flows of a body `{"flows": […]}`. @param text the JSON of the body */
export function flowsOfBatch (flows: Array<Static<typeof FlowCreate>>, text: string): FlowInput[] {
  const [start] = memberOf(text, 0, 'flows') ?? [0]
  return toFlowInputs(flows, itemTexts(text, start))
}

/** The body of an uploaded file, which may contain one flow, an array of flows, or `{"flows": […]}`. Not validated. */
export function bodyOfFile (file: JsonFile): unknown {
  if (file?.field !== 'file') return {}
  const { value } = file
  if (isObject(value) && 'flows' in value) return { file: value.flows }
  return { file: Array.isArray(value) ? value : [value] }
}

/** The flows of the same file after validation. */
export function flowsOfFile (flows: Array<Static<typeof FlowCreate>> | undefined, file: JsonFile) {
  if (!flows || !file) return undefined
  const { value, text } = file
  if (isObject(value) && 'flows' in value) return flowsOfBatch(flows, text)
  return toFlowInputs(flows, Array.isArray(value) ? itemTexts(text, 0) : [text])
}
