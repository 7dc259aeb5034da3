import { type Static, Type } from '@sinclair/typebox'
import { Id, Storable } from '../common.ts'
import { Flow } from './flows.ts'

const Flag = (value: boolean, description: string) => Type.Boolean({ default: value, description })

/** Offsets stay far within what PostgreSQL counts with. */
export const PageNumber = Type.Integer({ minimum: 1, maximum: 1_000_000 })

export const PageSize = Type.Integer({ minimum: 1, maximum: 100 })

export const FlowListQuery = Type.Object({
  get_all: Flag(true, 'All in one array; false gives one page.'),
  header_flows: Flag(false, 'Without content: `data` is null.'),
  components_only: Flag(false, 'Components alone.'),
  flows_only: Flag(false, 'Flows alone, no components.'),
  remove_example_flows: Flag(false, 'Taken for Langflow\'s sake: there are no example flows.'),
  folder_id: Type.Optional(Type.String({ ...Id, description: 'With pages: the flows of one project.' })),
  search: Type.String({ ...Storable({ maxLength: 512 }), default: '', description: 'Part of a name, in any case.' }),
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

/** All of them, or a page. */
export const FlowList = Type.Unsafe<Static<typeof Flow>[] | Static<typeof FlowPage>>({
  anyOf: [Type.Array(Flow), FlowPage], title: 'FlowList'
})
