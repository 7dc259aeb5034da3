import { Menu } from '@mantine/core'
import type { Flow } from '../api/client.ts'
import type { Columns } from '../parts/tables/data-table.tsx'
import { Moment } from '../parts/tables/moment.tsx'
import { RowAction, RowMenu } from '../parts/tables/row-menu.tsx'
import type { FlowDialog } from './dialogs.tsx'

type Props = { onDialog: (dialog: FlowDialog) => void, onDownload: (flow: Flow) => void }

/** The columns of the flows. */
export const flowColumns = ({ onDialog, onDownload }: Props): Columns<Flow> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original: flow } }) => (
      <div>
        <span className='name' title={flow.name}>{flow.name}</span>
        {flow.description && <div className='quiet description'>{flow.description}</div>}
      </div>
    )
  },
  {
    id: 'access',
    header: 'Access',
    cell: ({ row: { original } }) =>
      original.access_type === 'PUBLIC' ? 'Public' : <span className='quiet'>Private</span>
  },
  { id: 'updated', header: 'Updated', cell: ({ row: { original } }) => <Moment at={original.updated_at} /> },
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    cell: ({ row: { original: flow } }) => (
      <RowMenu of={flow.name}>
        <RowAction onClick={() => onDialog({ name: 'edit', flow })}>Rename…</RowAction>
        <RowAction onClick={() => onDialog({ name: 'move', flow })}>Move…</RowAction>
        <RowAction onClick={() => onDownload(flow)}>Download</RowAction>
        <Menu.Divider />
        <RowAction onClick={() => onDialog({ name: 'delete', flow })} isDangerous>Delete…</RowAction>
      </RowMenu>
    )
  }
]
