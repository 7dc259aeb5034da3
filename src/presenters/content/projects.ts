import type { Static } from '@sinclair/typebox'
import type { Project, ProjectCreate, ProjectQuery, ProjectUpdate } from '../../schemas/content/projects.ts'
import type { FlowFilter } from '../../services/content/flow-lists.ts'
import type { ProjectInput, ProjectRow } from '../../services/content/projects.ts'
import { given } from '../common.ts'

/** Converts the query of a project to a filter of its flows. */
export function toProjectFilter (projectId: string, query: Static<typeof ProjectQuery>): FlowFilter {
  const { is_component: components, is_flow: flows, search } = query
  return { projectId, isComponent: components === flows ? undefined : components, search }
}

export const toProjectInput = (body: Static<typeof ProjectCreate>): ProjectInput => ({
  name: body.name,
  description: given(body.description),
  flows: [...body.flows_list ?? [], ...body.components_list ?? []]
})

/** Converts changes. `null` leaves a member unchanged. */
export const toProjectChanges = (body: Static<typeof ProjectUpdate>): Partial<ProjectInput> => ({
  name: given(body.name),
  description: given(body.description),
  flows: [...body.flows ?? [], ...body.components ?? []]
})

/** A project as the API returns it. */
export function presentProject ({ id, name, description }: ProjectRow): Static<typeof Project> {
  return { id, name, description, parent_id: null, auth_settings: null, is_owner: true }
}
