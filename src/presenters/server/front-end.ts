import type { Static } from '@sinclair/typebox'
import type { Permissions, PermissionsRequest } from '../../schemas/server/front-end.ts'

/** The actions of Langflow's web client on a flow or project. */
const allActions = ['read', 'write', 'create', 'delete', 'execute']

/** Permits all actions on resources of the account, and none on others. */
export function presentPermissions (
  { resource_type: resourceType, resource_ids: ids, actions = allActions }: Static<typeof PermissionsRequest>,
  own: Set<string>
): Static<typeof Permissions> {
  return {
    resource_type: resourceType,
    permissions: Object.fromEntries(ids.map(id => [id, own.has(id.toLowerCase()) ? actions : []]))
  }
}
