import { Button, Group, SegmentedControl } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useAction } from '../parts/dialogs/use-action.ts'
import { FailureView, FormFailure } from '../parts/pages/failure-view.tsx'
import { Icon } from '../parts/pages/icons.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { Page } from '../parts/pages/page.tsx'
import { SearchBox } from '../parts/fields/search-box.tsx'
import { type FlowDialog, FlowDialogs } from './dialogs.tsx'
import { flowColumns } from './flow-columns.tsx'
import { FlowTable } from './flow-table.tsx'
import { downloadFlow } from './flows.ts'
import { ProjectList } from './project-list.tsx'
import { UploadButton } from './upload-button.tsx'
import { useFlowList } from './use-flow-list.ts'

/** The flows and components of the signed-in user, by project. */
export function FlowsPage () {
  const list = useFlowList()
  const { projects, project, kind, search, change } = list
  const [dialog, setDialog] = useState<FlowDialog>()
  const [uploadFailure, setUploadFailure] = useState<Error>()
  const download = useAction(downloadFlow, { changes: [] })
  const { mutate: startDownload } = download
  const columns = useMemo(
    () => flowColumns({ onDialog: setDialog, onDownload: flow => startDownload(flow) }), [startDownload])

  if (projects.error && !projects.data) return <FailureView failure={projects.error} retry={projects.refetch} />
  if (!projects.data || !project) return <Loading />
  const add = (
    <Button leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setDialog({ name: 'new' })}>
      New {kind}
    </Button>
  )
  const upload = <UploadButton projectId={project.id} onFailure={setUploadFailure} />
  return (
    <Page title='Flows' actions={<Group gap='xs'>{upload}{add}</Group>}>
      <div className='with-side'>
        <ProjectList
          projects={projects.data} selected={project} onDialog={setDialog}
          onSelect={({ id }) => change({ project: id, search: undefined })}
        />
        <section aria-label={project.name}>
          <Group mb='sm'>
            <SearchBox
              key={project.id} label='Search by name' value={search} onSearch={text => change({ search: text })}
            />
            <SegmentedControl
              size='xs' aria-label='Show' value={kind} onChange={value => change({ kind: value })}
              data={[{ value: 'flow', label: 'Flows' }, { value: 'component', label: 'Components' }]}
            />
          </Group>
          <FormFailure failure={uploadFailure ?? download.error} />
          <FlowTable list={list} columns={columns} onNew={() => setDialog({ name: 'new' })} />
        </section>
      </div>
      {dialog && (
        <FlowDialogs
          dialog={dialog} kind={kind} projectId={project.id} projects={projects.data}
          onSelect={({ id }) => change({ project: id })} onClose={() => setDialog(undefined)}
        />
      )}
    </Page>
  )
}
