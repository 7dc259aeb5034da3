import { Type } from '@sinclair/typebox'
import { Id, Maybe, Nullable, Storable } from '../common.ts'

const Name = Storable({ maxLength: 512, examples: ['My Flow'] })

const Text = Storable({ maxLength: 65_536 })

const ShortText = Storable({ maxLength: 1024 })

const EndpointName = Type.String({ pattern: '^[a-zA-Z0-9_-]*$', maxLength: 256 })

const Color = Type.String({ pattern: '^#[0-9a-fA-F]{6}$' })

const Tags = Type.Array(Storable({ maxLength: 256 }), { maxItems: 100 })

const AccessType = Type.Unsafe<'PRIVATE' | 'PUBLIC'>({
  type: 'string', enum: ['PRIVATE', 'PUBLIC'],
  title: 'AccessType'
})

const MaybeAccessType = Type.Optional(Type.Unsafe<'PRIVATE' | 'PUBLIC' | null>({
  type: ['string', 'null'], enum: ['PRIVATE', 'PUBLIC', null], title: 'AccessType'
}))

/** Nodes, edges and other members of Langflow's. Their content is not validated. */
const Data = Type.Unsafe<Record<string, unknown> | null>({
  type: ['object', 'null'], additionalProperties: true, description: 'Null, or an object with `nodes` and `edges`.'
})

const content = {
  description: Maybe(Text),
  data: Type.Optional(Data),
  is_component: Maybe(Type.Boolean()),
  endpoint_name: Maybe(EndpointName),
  access_type: MaybeAccessType,
  icon: Maybe(ShortText),
  icon_bg_color: Maybe(Color),
  gradient: Maybe(ShortText),
  tags: Maybe(Tags),
  webhook: Maybe(Type.Boolean()),
  locked: Maybe(Type.Boolean()),
  mcp_enabled: Maybe(Type.Boolean()),
  action_name: Maybe(ShortText),
  action_description: Maybe(Text),
  folder_id: Maybe(Id)
}

export const Flow = Type.Object({
  id: Id,
  name: Type.String(),
  description: Nullable(Type.String()),
  data: Data,
  is_component: Type.Boolean(),
  updated_at: Type.String({ format: 'date-time', examples: ['2026-11-24T09:30:00+00:00'] }),
  folder_id: Nullable(Id),
  user_id: Nullable(Id),
  endpoint_name: Nullable(Type.String()),
  access_type: AccessType,
  icon: Nullable(Type.String()),
  icon_bg_color: Nullable(Type.String()),
  gradient: Nullable(Type.String()),
  webhook: Type.Boolean(),
  tags: Nullable(Type.Array(Type.String())),
  locked: Type.Boolean(),
  mcp_enabled: Type.Boolean(),
  action_name: Nullable(Type.String()),
  action_description: Nullable(Type.String())
}, { title: 'Flow' })

export const Flows = Type.Array(Flow)

export const FlowCreate = Type.Object({ name: Name, ...content }, { title: 'FlowCreate' })

export const FlowUpdate = Type.Object({ name: Maybe(Name), ...content }, { title: 'FlowUpdate' })

export const FlowParams = Type.Object({ flow_id: Id })

/** The maximum number of flows of one request. */
const ITEMS_MAX = 1000

export const FlowBatch = Type.Object({
  flows: Type.Array(FlowCreate, { maxItems: ITEMS_MAX })
}, { title: 'FlowBatch' })

/** An uploaded file with one or several flows, after the form was parsed. */
export const FlowUpload = Type.Object({ file: Type.Optional(Type.Array(FlowCreate, { maxItems: ITEMS_MAX })) })

/** The same as clients send it. */
export const FlowUploadForm = Type.Object({
  file: Type.String({ format: 'binary', description: 'A JSON file: one flow, an array of flows, or `{"flows": […]}`.' })
}, { title: 'FlowUploadForm' })

export const FlowUploadQuery = Type.Object({ folder_id: Type.Optional(Id) })

export const FlowIds = Type.Array(Id, { maxItems: ITEMS_MAX * 10, title: 'FlowIds' })

export const DownloadIds = Type.Array(Id, { minItems: 1, maxItems: ITEMS_MAX, title: 'DownloadIds' })

/** One flow as JSON, or an archive of several. */
export const Download = {
  description: 'One flow, or a ZIP archive of several.',
  content: {
    'application/json': { schema: Flow },
    'application/zip': { schema: Type.String({ format: 'binary' }) }
  }
}

export const Deleted = Type.Object({ deleted: Type.Integer() }, { title: 'Deleted' })
