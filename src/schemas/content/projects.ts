import { type Static, Type } from '@sinclair/typebox'
import type { FlowBatches, FlowFilter, FlowPage as Page } from '../../services/content/flow-lists.ts'
import type { ProjectInput, ProjectRow } from '../../services/content/projects.ts'
import { given, Id, Maybe, Nullable, Storable } from '../common.ts'
import { FlowPage, flowPageText, flowsText, PageNumber, PageSize } from './flow-lists.ts'
import { FlowIds, Flows } from './flows.ts'

const Name = Storable({ minLength: 1, maxLength: 512, examples: ['My Project'] })
const Description = Storable({ maxLength: 65_536 })
const Ids = Maybe(Type.Array(Id, { maxItems: FlowIds.maxItems }))

const members = {
  id: Id,
  name: Type.String(),
  description: Nullable(Type.String()),
  parent_id: Type.Null({ description: 'Always null: projects do not nest.' }),
  auth_settings: Type.Null(),
  is_owner: Type.Boolean({ description: 'Always true: nobody sees another\'s projects.' })
}

export const Project = Type.Object(members, { title: 'Project' })

export const Projects = Type.Array(Project)

export const ProjectWithFlows = Type.Unsafe<object>({
  anyOf: [
    Type.Object({ ...members, flows: Flows }, { title: 'ProjectWithFlows' }),
    Type.Object({ folder: Project, flows: FlowPage }, { title: 'ProjectPage' })
  ],
  title: 'ProjectDetail'
})

export const ProjectCreate = Type.Object({
  name: Name, description: Maybe(Description), flows_list: Ids, components_list: Ids
}, { title: 'ProjectCreate' })

export const ProjectUpdate = Type.Object({
  name: Maybe(Name), description: Maybe(Description), flows: Ids, components: Ids
}, { title: 'ProjectUpdate' })

export const ProjectParams = Type.Object({ project_id: Id })

export const ProjectQuery = Type.Object({
  page: Type.Optional(PageNumber),
  size: Type.Optional(PageSize),
  is_component: Type.Boolean({ default: false, description: 'With pages: components alone.' }),
  is_flow: Type.Boolean({ default: false, description: 'With pages: flows alone, no components.' }),
  search: Type.String({ ...Storable({ maxLength: 512 }), default: '', description: 'With pages: part of a name.' })
})

/** Which flows of the project a page is cut from. */
export function toProjectFilter (projectId: string, query: Static<typeof ProjectQuery>): FlowFilter {
  const { is_component: components, is_flow: flows, search } = query
  return { projectId, isComponent: components === flows ? undefined : components, search }
}

export const toProjectInput = (body: Static<typeof ProjectCreate>): ProjectInput => ({
  name: body.name,
  description: given(body.description),
  flows: [...body.flows_list ?? [], ...body.components_list ?? []]
})

/** Changes in the service's words; a null leaves alone. */
export const toProjectChanges = (body: Static<typeof ProjectUpdate>): Partial<ProjectInput> => ({
  name: given(body.name),
  description: given(body.description),
  flows: [...body.flows ?? [], ...body.components ?? []]
})

/** A project on the wire: what is named here and nothing else. */
export function presentProject ({ id, name, description }: ProjectRow): Static<typeof Project> {
  return { id, name, description, parent_id: null, auth_settings: null, is_owner: true }
}

/** A project with all its flows as JSON, written while they are read. */
export async function * projectText (project: ProjectRow, flows: FlowBatches): AsyncIterable<string> {
  yield `${JSON.stringify(presentProject(project)).slice(0, -1)},"flows":`
  yield * flowsText(flows)
  yield '}'
}

/** A project with one page of its flows as JSON. */
export async function * projectPageText (project: ProjectRow, page: Page): AsyncIterable<string> {
  yield `{"folder":${JSON.stringify(presentProject(project))},"flows":`
  yield * flowPageText(page)
  yield '}'
}
