import { Type } from '@sinclair/typebox'
import { Id, Maybe, Nullable, Storable } from '../common.ts'
import { FlowPage, PageNumber, PageSize } from './flow-lists.ts'
import { FlowIds, Flows } from './flows.ts'

const Name = Storable({ minLength: 1, maxLength: 512, examples: ['My Project'] })

const Description = Storable({ maxLength: 65_536 })

const Ids = Maybe(Type.Array(Id, { maxItems: FlowIds.maxItems }))

const members = {
  id: Id,
  name: Type.String(),
  description: Nullable(Type.String()),
  parent_id: Nullable(Type.String({ description: 'Always null: projects are not nested.' })),
  auth_settings: Nullable(Type.String({ description: 'Always null.' })),
  is_owner: Type.Boolean({ description: 'Always true: projects are visible to their owner only.' })
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
  is_component: Type.Boolean({ default: false, description: 'With `page` or `size`: only components.' }),
  is_flow: Type.Boolean({ default: false, description: 'With `page` or `size`: only flows, no components.' }),
  search: Type.String({
    ...Storable({ maxLength: 512 }), default: '', description: 'With `page` or `size`: part of a name.'
  })
})
