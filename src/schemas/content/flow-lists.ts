import { type Static, Type } from '@sinclair/typebox'
import { Id, Storable } from '../common.ts'
import { Flow } from './flows.ts'

const Flag = (value: boolean, description: string) => Type.Boolean({ default: value, description })

/** Keeps offsets within PostgreSQL's integers. */
export const PageNumber = Type.Integer({ minimum: 1, maximum: 1_000_000 })

export const PageSize = Type.Integer({ minimum: 1, maximum: 100 })

export const FlowListQuery = Type.Object({
  get_all: Flag(true, '`true` returns all flows in an array, `false` one page.'),
  header_flows: Flag(false, 'Omits the content: `data` is null.'),
  components_only: Flag(false, 'Only components.'),
  flows_only: Flag(false, 'Only flows, no components.'),
  remove_example_flows: Flag(false, 'Accepted for compatibility with Langflow. There are no example flows.'),
  folder_id: Type.Optional(Type.String({ ...Id, description: 'With `get_all=false`: only flows of this project.' })),
  search: Type.String({
    ...Storable({ maxLength: 512 }), default: '', description: 'Part of a name. Case is ignored.'
  }),
  page: Type.Integer({ ...PageNumber, default: 1 }),
  size: Type.Integer({ ...PageSize, default: 50 })
})

export const FlowPage = Type.Object({
  items: Type.Array(Flow),
  total: Type.Integer(),
  page: Type.Integer(),
  size: Type.Integer(),
  pages: Type.Integer()
}, { title: 'FlowPage' })

/**
 * An array of flows, or a page. Described by two types without members: Java and Go clients do not compile if an array
 * is one of several alternatives. For this schema generators create a list of flows, which is the default.
 */
export const FlowList = Type.Unsafe<Static<typeof Flow>[] | Static<typeof FlowPage>>({
  type: ['array', 'object'], items: Flow
})
