import { indent } from '../../json/layout.ts'
import type { FlowRow } from '../../services/content/flow-rows.ts'
import { presentHeader } from './flows.ts'

/** A flow as JSON. The stored content is inserted unchanged. */
export function flowText (row: FlowRow): string {
  const { data, ...header } = presentHeader(row)
  return `${JSON.stringify(header).slice(0, -1)},"data":${row.data ?? data}}`
}

/** An array of flows as JSON. */
export const flowArrayText = (rows: FlowRow[]) => `[${rows.map(flowText).join(',')}]`

/** A public flow as JSON, without its owner and project. */
export function publicFlowText (row: FlowRow): string {
  const { data, ...header } = presentHeader(row)
  return `${JSON.stringify({ ...header, user_id: null, folder_id: null }).slice(0, -1)},"data":${row.data ?? data}}`
}

/** A flow as an indented JSON file. */
export const flowFileText = (row: FlowRow) => indent(flowText(row))
