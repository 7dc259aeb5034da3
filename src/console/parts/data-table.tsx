import {
  type ColumnDef, rowSortingFeature, type SortingState, tableFeatures, useTable
} from '@tanstack/react-table'
import { Icon } from './icons.tsx'

const features = tableFeatures({ rowSortingFeature })

export type Columns<T extends object> = Array<ColumnDef<typeof features, T>>

type Props<T extends object> = {
  /** What the table lists, for screen readers. */
  label: string
  columns: Columns<T>
  data: T[]
  /** The order the server has put the rows in; without it, headers are words. */
  sorting?: SortingState
  onSort?: (sorting: SortingState) => void
  /** The rows are those of an older question. */
  isStale?: boolean
}

const noSorting: SortingState = []

/** A table for the eye and the ear; on a phone each row is a card with its headers inside. */
export function DataTable<T extends { id: string }> (
  { label, columns, data, sorting = noSorting, onSort, isStale = false }: Props<T>
) {
  const table = useTable({
    features,
    columns,
    data,
    getRowId: row => row.id,
    manualSorting: true,
    enableMultiSort: false,
    enableSortingRemoval: false,
    sortDescFirst: false,
    enableSorting: onSort !== undefined,
    state: { sorting },
    onSortingChange: next => onSort?.(typeof next === 'function' ? next(sorting) : next)
  })
  return (
    <table className='table' role='table' aria-label={label} data-stale={isStale || undefined} aria-busy={isStale}>
      <thead role='rowgroup'>
        {table.getHeaderGroups().map(group => (
          <tr key={group.id} role='row'>
            {group.headers.map(header => {
              const order = header.column.getIsSorted()
              const content = <table.FlexRender header={header} />
              return (
                <th
                  key={header.id} role='columnheader' scope='col'
                  {...(order ? { 'aria-sort': order === 'asc' ? 'ascending' : 'descending' } : {})}
                >
                  {header.column.getCanSort()
                    ? (
                      <button type='button' className='sort' onClick={header.column.getToggleSortingHandler()}>
                        {content}{order && <Icon name={order === 'asc' ? 'sortDown' : 'sortUp'} size={13} />}
                      </button>
                      )
                    : content}
                </th>
              )
            })}
          </tr>
        ))}
      </thead>
      <tbody role='rowgroup'>
        {table.getRowModel().rows.map(row => (
          <tr key={row.id} role='row'>
            {row.getAllCells().map(cell => (
              <td
                key={cell.id} role='cell' data-column={cell.column.id}
                data-label={titleOf(cell.column.columnDef.header)}
              >
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const titleOf = (header: unknown) => typeof header === 'string' && header !== '' ? header : undefined
