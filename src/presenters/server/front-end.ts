import type { Static } from '@sinclair/typebox'
import type { Permissions, PermissionsRequest } from '../../schemas/server/front-end.ts'

/** What can be done with a flow or project, in the words of Langflow's web client. */
const allActions = ['read', 'write', 'create', 'delete', 'execute']

/** Everything that was asked about for what is one's own, nothing for what is not. */
export function presentPermissions (
  { resource_type: resourceType, resource_ids: ids, actions = allActions }: Static<typeof PermissionsRequest>,
  own: Set<string>
): Static<typeof Permissions> {
  return {
    resource_type: resourceType,
    permissions: Object.fromEntries(ids.map(id => [id, own.has(id.toLowerCase()) ? actions : []]))
  }
}
