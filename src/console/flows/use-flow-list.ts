import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { flowsQuery, type Kind, projectsQuery } from './flows.ts'

export const FLOW_PAGE_SIZES = [12, 25, 50, 100] as const

/** The list of flows for the query of the address: project, kind, page and search text. */
export function useFlowList () {
  const [params, setParams] = useSearchParams()
  const projects = useQuery(projectsQuery)
  const wanted = params.get('project')
  const project = projects.data?.find(({ id }) => id === wanted) ?? projects.data?.[0]
  const kind: Kind = params.get('kind') === 'component' ? 'component' : 'flow'
  const search = params.get('search') ?? ''
  const page = Number.parseInt(params.get('page') ?? '', 10) || 0
  const size = FLOW_PAGE_SIZES.find(each => String(each) === params.get('size')) ?? 25
  const flows = useQuery({
    ...flowsQuery({ projectId: project?.id ?? '', kind, search, page, size }), enabled: project !== undefined
  })

  function change (changes: Record<string, string | undefined>) {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries({ page: undefined, ...changes })) {
      if (value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParams(next, { replace: true })
  }
  return { projects, project, flows, kind, search, page, size, change }
}
