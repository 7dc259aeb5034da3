import { ActionIcon, Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'

/** What can be done with one row. */
export function RowMenu ({ of, children }: { of: string, children: ReactNode }) {
  return (
    <Menu width={230}>
      <Menu.Target>
        <ActionIcon variant='subtle' color='gray' aria-label={`Actions for ${of}`}><Icon name='more' /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
}

type Item = { onClick: () => void, children: string, whyNot?: string | undefined, isDangerous?: boolean }

/** One of them; when it is not possible, it says why instead. */
export function RowAction ({ onClick, children, whyNot, isDangerous = false }: Item) {
  return (
    <Menu.Item
      onClick={whyNot === undefined ? onClick : undefined} closeMenuOnClick={whyNot === undefined}
      aria-disabled={whyNot !== undefined} {...(isDangerous && whyNot === undefined ? { color: 'red' } : {})}
      data-impossible={whyNot !== undefined || undefined}
    >
      {children}
      {whyNot !== undefined && <span className='reason'>{whyNot}</span>}
    </Menu.Item>
  )
}
