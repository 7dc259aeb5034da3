import type { Static } from '@sinclair/typebox'
import type { FlowListQuery } from '../../schemas/content/flow-lists.ts'
import type { FlowFilter } from '../../services/content/flow-lists.ts'

/** Converts the query of a list. Like in Langflow, the project filters pages only. */
export function toFlowFilter (query: Static<typeof FlowListQuery>): FlowFilter {
  const { components_only: components, flows_only: flows, search } = query
  return {
    projectId: query.get_all ? undefined : query.folder_id?.toLowerCase(),
    isComponent: components === flows ? undefined : components,
    search
  }
}
