import { type Static, Type } from '@sinclair/typebox'
import type { FlowBatches, FlowFilter, FlowPage as Page, FlowSource } from '../../services/content/flow-lists.ts'
import { Id, Storable } from '../common.ts'
import { flowFileText, flowText } from './flow-texts.ts'
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

/** What a list's query asks for. A whole list takes no heed of projects, as in Langflow. */
export function toFlowFilter (query: Static<typeof FlowListQuery>): FlowFilter {
  const { components_only: components, flows_only: flows, search } = query
  return {
    projectId: query.get_all ? undefined : query.folder_id?.toLowerCase(),
    isComponent: components === flows ? undefined : components,
    search
  }
}

/** An array of flows as JSON, written while it is read. */
export async function * flowsText (batches: FlowBatches): AsyncIterable<string> {
  let before = '['
  for await (const batch of batches) {
    if (batch.length === 0) continue
    yield before + batch.map(flowText).join(',')
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

/** A page as JSON. */
export async function * flowPageText ({ items, total, page, size }: Page): AsyncIterable<string> {
  yield `{"total":${total},"page":${page},"size":${size},"pages":${Math.ceil(total / size)},"items":`
  yield * flowsText(items)
  yield '}'
}

/** Flows as files of an archive, each fit to be uploaded again. */
export const toFiles = (sources: FlowSource[]) => sources.map(({ name, read }) => ({
  name,
  extension: '.json',
  read: async () => {
    const row = await read()
    return row && flowFileText(row)
  }
}))
