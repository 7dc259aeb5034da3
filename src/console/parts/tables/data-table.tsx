import {
  type ColumnDef, rowSortingFeature, type SortingState, tableFeatures, useTable
} from '@tanstack/react-table'
import { Icon } from '../pages/icons.tsx'

const features = tableFeatures({ rowSortingFeature })

export type Columns<T extends object> = Array<ColumnDef<typeof features, T>>

type Props<T extends object> = {
  /** What the table lists, for screen readers. */
  label: string
  columns: Columns<T>
  data: T[]
  /** The order of the rows, as the server sorted them. */
  sorting?: SortingState
  /** Without it, the table cannot be sorted. */
  onSort?: (sorting: SortingState) => void
  /** Whether the rows belong to a previous query. */
  isStale?: boolean
}

const noSorting: SortingState = []

/** An accessible table. On a phone, each row is a card with its headers, and a select replaces the sort buttons. */
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
    <>
      {onSort && <SortSelect columns={columns} sorting={sorting} onSort={onSort} />}
      <table className='table' role='table' aria-label={label} data-stale={isStale || undefined} aria-busy={isStale}>
        <thead role='rowgroup'>
          {table.getHeaderGroups().map(group => (
            <tr key={group.id} role='row'>
              {group.headers.map(header => {
                const order = header.column.getIsSorted()
                const content = <table.FlexRender header={header} />
                return (
                  <th
                    key={header.id} role='columnheader' scope='col' data-column={header.column.id}
                    {...(order ? { 'aria-sort': order === 'asc' ? 'ascending' : 'descending' } : {})}
                  >
                    {header.column.getCanSort()
                      ? (
                        <button type='button' className='sort' onClick={header.column.getToggleSortingHandler()}>
                          {content}{order && <Icon name={order === 'asc' ? 'sortUp' : 'sortDown'} size={13} />}
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
    </>
  )
}

const titleOf = (header: unknown) => typeof header === 'string' && header !== '' ? header : undefined

type SortSelectProps<T extends object> = {
  columns: Columns<T>, sorting: SortingState, onSort: (sorting: SortingState) => void
}

/** The sort order as one select, where the table has no visible headers. */
function SortSelect<T extends object> ({ columns, sorting: [sorted], onSort }: SortSelectProps<T>) {
  const options = columns.flatMap(({ id = '', header, enableSorting = true }) => {
    const title = titleOf(header)
    return enableSorting && title ? [{ id, title }] : []
  })
  const select = (value: string) => onSort([{ id: value.replace(/^-/, ''), desc: value.startsWith('-') }])
  return (
    <label className='sort-select'>
      Sort by{' '}
      <select
        value={sorted && `${sorted.desc ? '-' : ''}${sorted.id}`} onChange={event => select(event.currentTarget.value)}
      >
        {options.flatMap(({ id, title }) => [
          <option key={id} value={id}>{title}, ascending</option>,
          <option key={`-${id}`} value={`-${id}`}>{title}, descending</option>
        ])}
      </select>
    </label>
  )
}
