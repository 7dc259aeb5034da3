import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, ask, type Flow, type FlowPage, type Project } from '../api/client.ts'
import type { operations } from '../generated/api.ts'

export type Kind = 'flow' | 'component'

type Query = { projectId: string, kind: Kind, search: string, page: number, size: number }

/** The document describes the list as an array or any object, which generators of all languages understand. */
const isPage = (answer: object): answer is FlowPage => !Array.isArray(answer)

/** One page of the flows of a project, without their content. */
export const flowsQuery = ({ projectId, kind, search, page, size }: Query) => queryOptions({
  queryKey: ['flows', projectId, kind, search, page, size],
  queryFn: async ({ signal }) => {
    const answer = await ask(api.GET('/api/v1/flows/', {
      params: {
        query: {
          get_all: false,
          header_flows: true,
          folder_id: projectId,
          page: page + 1,
          size,
          search,
          ...(kind === 'component' ? { components_only: true } : { flows_only: true })
        }
      },
      signal
    }))
    if (!isPage(answer)) throw new Error('expected a page of flows')
    return answer
  },
  placeholderData: keepPreviousData
})

export const projectsQuery = queryOptions({
  queryKey: ['projects'], queryFn: () => ask(api.GET('/api/v1/projects/'))
})

type FlowBody = operations['createFlow']['requestBody']['content']['application/json']

export const createFlow = (body: FlowBody) => ask(api.POST('/api/v1/flows/', { body }))

export const updateFlow = (id: string, body: Partial<FlowBody>) =>
  ask(api.PATCH('/api/v1/flows/{flow_id}', { params: { path: { flow_id: id } }, body }))

export const removeFlow = (id: string) =>
  ask(api.DELETE('/api/v1/flows/{flow_id}', { params: { path: { flow_id: id } } }))

/** Uploads a file; the server validates it. */
export function uploadFlows (file: File, projectId: string): Promise<Flow[]> {
  const form = new FormData()
  form.append('file', file)
  return ask(api.POST('/api/v1/flows/upload/', {
    params: { query: { folder_id: projectId } },
    body: { file: '' }, // satisfies the type; the serializer sends the form
    bodySerializer: () => form
  }))
}

/** Downloads a flow as a file. */
export async function downloadFlow ({ id, name }: Flow) {
  const content = await ask(api.POST('/api/v1/flows/download/', { body: [id], parseAs: 'blob' }))
  const url = URL.createObjectURL(content as Blob) // because of `parseAs`
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.replace(/[\\/:*?"<>|]/g, '_')}.json`
  link.click()
  URL.revokeObjectURL(url)
}

export const createProject = (name: string): Promise<Project> =>
  ask(api.POST('/api/v1/projects/', { body: { name } }))

export const renameProject = (id: string, name: string): Promise<Project> =>
  ask(api.PATCH('/api/v1/projects/{project_id}', { params: { path: { project_id: id } }, body: { name } }))

export const removeProject = (id: string) =>
  ask(api.DELETE('/api/v1/projects/{project_id}', { params: { path: { project_id: id } } }))
