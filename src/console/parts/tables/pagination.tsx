import { ActionIcon, Group, Text } from '@mantine/core'
import { Icon } from '../pages/icons.tsx'

type Props = {
  label: string
  total: number
  /** Counts from 0. */
  page: number
  size: number
  sizes: readonly number[]
  onPage: (page: number) => void
  onSize: (size: number) => void
}

/** The position in a list, with controls for the page and its size. */
export function Pagination ({ label, total, page, size, sizes, onPage, onSize }: Props) {
  const first = total === 0 ? 0 : page * size + 1
  const last = Math.min(total, (page + 1) * size)
  return (
    <Group className='pagination' justify='space-between' component='nav' aria-label={`Pages of ${label}`}>
      <label className='page-size'>
        Rows per page{' '}
        <select value={size} onChange={event => onSize(Number(event.currentTarget.value))}>
          {sizes.map(each => <option key={each}>{each}</option>)}
        </select>
      </label>
      <Group gap='xs'>
        <Text size='sm' c='dimmed' role='status'>
          {first.toLocaleString('en')}–{last.toLocaleString('en')} of {total.toLocaleString('en')}
        </Text>
        <ActionIcon
          variant='default' aria-label='Previous page' disabled={page === 0} data-shortcut='k'
          onClick={() => onPage(page - 1)}
        >
          <Icon name='back' />
        </ActionIcon>
        <ActionIcon
          variant='default' aria-label='Next page' disabled={last >= total} data-shortcut='j'
          onClick={() => onPage(page + 1)}
        >
          <Icon name='forth' />
        </ActionIcon>
      </Group>
    </Group>
  )
}
