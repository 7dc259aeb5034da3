import { Button } from '@mantine/core'
import type { Flow } from '../api/client.ts'
import { type Columns, DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { FailureView } from '../parts/failure-view.tsx'
import { Pages } from '../parts/pages.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { FLOW_PAGE_SIZES, type useFlowList } from './use-flow-list.ts'

type Props = { list: ReturnType<typeof useFlowList>, columns: Columns<Flow>, onNew: () => void }

/** One page of flows, or what there is instead. */
export function FlowTable ({ list: { flows, kind, search, page, size, change }, columns, onNew }: Props) {
  const { data, error, isPlaceholderData, refetch } = flows
  if (error && !data) return <FailureView failure={error} retry={refetch} />
  if (!data) return <Waiting />
  if (data.total === 0 && search !== '') {
    return <Empty title={`No ${kind} matches`}>The search looks for part of a name in this project, in any case.</Empty>
  }
  if (data.total === 0) {
    return (
      <Empty title={`No ${kind}s here yet`} actions={<Button variant='light' onClick={onNew}>New {kind}</Button>}>
        {kind === 'flow'
          ? 'A flow belongs to you alone. Create one, or upload the JSON that Langflow exports.'
          : 'A component is a part that flows share. Create one, or upload its JSON.'}
      </Empty>
    )
  }
  const first = <Button variant='light' onClick={() => change({})}>First page</Button>
  if (data.items.length === 0) return <Empty title='Nothing on this page' actions={first}>It was emptied.</Empty>
  return (
    <>
      <DataTable label={`${kind}s`} columns={columns} data={data.items} isStale={isPlaceholderData} />
      <Pages
        label={`${kind}s`} total={data.total} page={page} size={size} sizes={FLOW_PAGE_SIZES}
        onPage={next => change({ page: next === 0 ? undefined : String(next) })}
        onSize={next => change({ size: String(next) })}
      />
    </>
  )
}
