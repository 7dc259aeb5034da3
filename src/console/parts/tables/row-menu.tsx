import { ActionIcon, Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon } from '../pages/icons.tsx'

/** The menu of one row. */
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

type Item = { onClick: () => void, children: string, disabledReason?: string | undefined, isDangerous?: boolean }

/** An item of the menu. A disabled item shows the reason. */
export function RowAction ({ onClick, children, disabledReason, isDangerous = false }: Item) {
  const isDisabled = disabledReason !== undefined
  return (
    <Menu.Item
      onClick={isDisabled ? undefined : onClick} closeMenuOnClick={!isDisabled}
      aria-disabled={isDisabled} data-disabled-item={isDisabled || undefined}
      data-dangerous-item={(isDangerous && !isDisabled) || undefined}
    >
      {children}
      {isDisabled && <span className='reason'>{disabledReason}</span>}
    </Menu.Item>
  )
}
