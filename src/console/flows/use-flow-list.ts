import { useQuery } from '@tanstack/react-query'
import { useListParams } from '../parts/tables/use-list-params.ts'
import { flowsQuery, type Kind, projectsQuery } from './flows.ts'

/** The list of flows for the query of the address: project, kind, page and search text. */
export function useFlowList () {
  const { params, page, size, search, change } = useListParams()
  const projects = useQuery(projectsQuery)
  const wanted = params.get('project')
  const project = projects.data?.find(({ id }) => id === wanted) ?? projects.data?.[0]
  const kind: Kind = params.get('kind') === 'component' ? 'component' : 'flow'
  const flows = useQuery({
    ...flowsQuery({ projectId: project?.id ?? '', kind, search, page, size }), enabled: project !== undefined
  })

  return { projects, project, flows, kind, search, page, size, change }
}
