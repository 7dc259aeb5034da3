import { Button, Menu, useMantineColorScheme } from '@mantine/core'
import { useNavigate } from 'react-router'
import { basePath } from '../base-path.ts'
import { Avatar } from '../parts/tables/avatar.tsx'
import { colorSchemes, toColorScheme } from '../parts/pages/color-schemes.ts'
import { Icon } from '../parts/pages/icons.tsx'
import { useSignOut } from '../session/actions.ts'
import { useMe } from '../session/guards.tsx'
import { useConfig } from '../session/queries.ts'

/** The account menu: pages, theme, help and sign-out. */
export function UserMenu ({ onShortcuts }: { onShortcuts: () => void }) {
  const me = useMe()
  const config = useConfig()
  const signOut = useSignOut()
  const navigate = useNavigate()
  // Disabling transitions would need a `<style>` element.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  return (
    <Menu width={220}>
      <Menu.Target>
        <Button variant='subtle' color='gray' leftSection={<Avatar user={me} />} rightSection={<Icon name='down' />}>
          <span className='user-name'>{me.username}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {me.username}{me.is_superuser ? ', superuser' : ''}</Menu.Label>
        {me.is_superuser && <Menu.Item onClick={() => navigate('/admin')}>Admin</Menu.Item>}
        <Menu.Item onClick={() => navigate('/settings')}>Settings</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={value => setColorScheme(toColorScheme(value))}>
          {colorSchemes.map(({ value, label }) => <Menu.RadioItem key={value} value={value}>{label}</Menu.RadioItem>)}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item component='a' href={`${basePath}/docs`}>API documentation</Menu.Item>
        <Menu.Item onClick={onShortcuts}>Keyboard shortcuts</Menu.Item>
        {!config?.auto_login && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => signOut.mutate()} closeMenuOnClick={false} disabled={signOut.isPending}>
              {signOut.isError ? 'Sign-out failed. Try again' : 'Sign out'}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
