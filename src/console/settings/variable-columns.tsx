import { Menu } from '@mantine/core'
import type { Variable } from '../api/client.ts'
import type { Columns } from '../parts/data-table.tsx'
import { RowAction, RowMenu } from '../parts/row-menu.tsx'
import { State } from '../parts/state.tsx'

function Value ({ variable }: { variable: Variable }) {
  if (variable.is_valid === false) {
    return (
      <div>
        <State tone='bad'>Damaged</State>
        <div className='quiet description'>{variable.validation_error}. Edit it to store the value anew.</div>
      </div>
    )
  }
  if (variable.type === 'Credential') return <span aria-label='hidden'>••••••••</span>
  return <code className='value'>{variable.value}</code>
}

type Props = { onEdit: (variable: Variable) => void, onDelete: (variable: Variable) => void }

/** The columns of the list of variables. */
export const variableColumns = ({ onEdit, onDelete }: Props): Columns<Variable> => [
  { id: 'name', header: 'Name', cell: ({ row: { original } }) => <span className='name'>{original.name}</span> },
  { id: 'type', header: 'Type', cell: ({ row: { original } }) => original.type },
  { id: 'value', header: 'Value', cell: ({ row: { original } }) => <Value variable={original} /> },
  {
    id: 'fields',
    header: 'Apply to fields',
    cell: ({ row: { original } }) => original.default_fields.join(', ') || <span className='quiet'>none</span>
  },
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    cell: ({ row: { original: variable } }) => (
      <RowMenu of={variable.name}>
        <RowAction onClick={() => onEdit(variable)}>Edit…</RowAction>
        <Menu.Divider />
        <RowAction onClick={() => onDelete(variable)} isDangerous>Delete…</RowAction>
      </RowMenu>
    )
  }
]
