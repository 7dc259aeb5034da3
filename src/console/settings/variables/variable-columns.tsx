import { Menu } from '@mantine/core'
import type { Variable } from '../../api/client.ts'
import type { Columns } from '../../parts/tables/data-table.tsx'
import { RowAction, RowMenu } from '../../parts/tables/row-menu.tsx'
import { Status } from '../../parts/tables/status.tsx'

function Value ({ variable }: { variable: Variable }) {
  if (variable.is_valid === false) {
    return (
      <div>
        <Status tone='bad'>Damaged</Status>
        <div className='quiet description'>{variable.validation_error}. Edit the variable to enter a new value.</div>
      </div>
    )
  }
  if (variable.type === 'Credential') return <span aria-label='hidden'>••••••••</span>
  return <code className='value'>{variable.value}</code>
}

type Props = { onEdit: (variable: Variable) => void, onDelete: (variable: Variable) => void }

/** The columns of the variables. */
export const variableColumns = ({ onEdit, onDelete }: Props): Columns<Variable> => [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original: { name } } }) => <span className='name' title={name}>{name}</span>
  },
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
