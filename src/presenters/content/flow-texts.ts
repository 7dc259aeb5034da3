import { indent } from '../../json/layout.ts'
import type { FlowRow } from '../../services/content/flow-rows.ts'
import { presentHeader } from './flows.ts'

/** A flow as JSON. The content is JSON already, and goes in as it is. */
export function flowText (row: FlowRow): string {
  const { data, ...header } = presentHeader(row)
  return `${JSON.stringify(header).slice(0, -1)},"data":${row.data ?? data}}`
}

/** Several flows as JSON. */
export const flowArrayText = (rows: FlowRow[]) => `[${rows.map(flowText).join(',')}]`

/** A flow as strangers may see it: of the account it belongs to, nothing. */
export function publicFlowText (row: FlowRow): string {
  const { data, ...header } = presentHeader(row)
  return `${JSON.stringify({ ...header, user_id: null, folder_id: null }).slice(0, -1)},"data":${row.data ?? data}}`
}

/** A flow as a file for people: in lines. */
export const flowFileText = (row: FlowRow) => indent(flowText(row))
