import type { Static } from '@sinclair/typebox'
import { memberOf } from '../../json/tokens.ts'
import type { Flow, FlowCreate, FlowUpdate } from '../../schemas/content/flows.ts'
import type { FlowInput, FlowRow } from '../../services/content/flow-rows.ts'
import { given } from '../common.ts'

/** The content in the client's JSON. @param text the JSON of the flow */
function toFlowData (value: Record<string, unknown> | null | undefined, text: string): FlowInput['data'] {
  const span = memberOf(text, 0, 'data')
  return value && span ? { value, text: text.slice(...span) } : undefined
}

/** Converts the members of a flow. `null` means no value. */
function toFlowContent (body: Omit<Static<typeof FlowUpdate>, 'name'>, text: string): Omit<FlowInput, 'name'> {
  return {
    description: given(body.description),
    data: toFlowData(body.data, text),
    projectId: given(body.folder_id)?.toLowerCase(),
    isComponent: given(body.is_component),
    endpointName: given(body.endpoint_name),
    accessType: given(body.access_type),
    icon: given(body.icon),
    iconBgColor: given(body.icon_bg_color),
    gradient: given(body.gradient),
    tags: given(body.tags),
    webhook: given(body.webhook),
    locked: given(body.locked),
    mcpEnabled: given(body.mcp_enabled),
    actionName: given(body.action_name),
    actionDescription: given(body.action_description)
  }
}

/** Converts a new flow. @param text the JSON of the flow, beginning at its opening brace */
export const toFlowInput = (body: Static<typeof FlowCreate>, text: string): FlowInput =>
  ({ name: body.name, ...toFlowContent(body, text) })

/** Converts changes. `null` leaves a member unchanged. @param text the JSON of the changes */
export const toFlowChanges = (body: Static<typeof FlowUpdate>, text: string): Partial<FlowInput> =>
  ({ name: given(body.name), ...toFlowContent(body, text) })

/** Langflow writes the times of flows in whole seconds. */
const presentSeconds = (date: Date) => `${date.toISOString().slice(0, 19)}+00:00`

/** A flow as the API returns it, without its content. */
export function presentHeader (row: Omit<FlowRow, 'data'>): Static<typeof Flow> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    data: null,
    is_component: row.isComponent,
    updated_at: presentSeconds(row.updatedAt),
    folder_id: row.projectId,
    user_id: row.userId,
    endpoint_name: row.endpointName,
    access_type: row.accessType,
    icon: row.icon,
    icon_bg_color: row.iconBgColor,
    gradient: row.gradient,
    webhook: row.webhook,
    tags: row.tags as string[] | null, // validated by its schema when it was written
    locked: row.locked,
    mcp_enabled: row.mcpEnabled,
    action_name: row.actionName,
    action_description: row.actionDescription
  }
}
