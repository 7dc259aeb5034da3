import { Group } from '@mantine/core'
import { NavLink } from 'react-router'
import { useMe } from '../session/guards.tsx'
import { Logo } from './logo.tsx'
import { UserMenu } from './user-menu.tsx'

export function Header ({ onShortcuts }: { onShortcuts: () => void }) {
  const { is_superuser: isSuperuser } = useMe()
  return (
    <header className='header'>
      <Group gap='lg' wrap='nowrap'>
        <Logo />
        <nav aria-label='Main'>
          <NavLink to='/flows'>Flows</NavLink>
          {isSuperuser && <NavLink to='/admin'>Admin</NavLink>}
          <NavLink to='/settings'>Settings</NavLink>
        </nav>
      </Group>
      <UserMenu onShortcuts={onShortcuts} />
    </header>
  )
}
