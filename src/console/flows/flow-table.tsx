import { Button } from '@mantine/core'
import type { Flow } from '../api/client.ts'
import { type Columns, DataTable } from '../parts/tables/data-table.tsx'
import { EmptyState } from '../parts/pages/empty-state.tsx'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { Pagination } from '../parts/tables/pagination.tsx'
import { PAGE_SIZES } from '../parts/tables/use-list-params.ts'
import type { useFlowList } from './use-flow-list.ts'

type Props = { list: ReturnType<typeof useFlowList>, columns: Columns<Flow>, onNew: () => void }

/** One page of flows, or an empty state. */
export function FlowTable ({ list: { flows, kind, search, page, size, change }, columns, onNew }: Props) {
  const { data, error, isPlaceholderData, refetch } = flows
  if (error && !data) return <FailureView failure={error} retry={refetch} />
  if (!data) return <Loading />
  if (data.total === 0 && search !== '') {
    return (
      <EmptyState title={`No matching ${kind}s`}>
        The search finds parts of names in this project, regardless of case.
      </EmptyState>
    )
  }
  if (data.total === 0) {
    return (
      <EmptyState title={`No ${kind}s here yet`} actions={<Button variant='light' onClick={onNew}>New {kind}</Button>}>
        {kind === 'flow'
          ? 'Create a flow, or upload a JSON file exported from Langflow. Only you can see your flows.'
          : 'Components are reusable parts of flows. Create one, or upload its JSON file.'}
      </EmptyState>
    )
  }
  const first = <Button variant='light' onClick={() => change({})}>First page</Button>
  if (data.items.length === 0) {
    return <EmptyState title={`No ${kind}s on this page`} actions={first}>Go back to the first page.</EmptyState>
  }
  return (
    <>
      <DataTable label={`${kind}s`} columns={columns} data={data.items} isStale={isPlaceholderData} />
      <Pagination
        label={`${kind}s`} total={data.total} page={page} size={size} sizes={PAGE_SIZES}
        onPage={next => change({ page: next === 0 ? undefined : String(next) })}
        onSize={next => change({ size: String(next) })}
      />
    </>
  )
}
