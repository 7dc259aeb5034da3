import { Group, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'
import { Avatar } from '../parts/tables/avatar.tsx'
import { colorSchemes, toColorScheme } from '../parts/pages/color-schemes.ts'
import { CopyButton } from '../parts/fields/copy-button.tsx'
import { Moment } from '../parts/tables/moment.tsx'
import { Page } from '../parts/pages/page.tsx'
import { useMe } from '../session/guards.tsx'
import { useConfig } from '../session/queries.ts'
import { PasswordForm } from './password-form.tsx'

/** The signed-in user's account: facts, password and theme. */
export function AccountPage () {
  const me = useMe()
  const config = useConfig()
  // Disabling transitions would need a `<style>` element.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  return (
    <Page title='Account'>
      <Stack>
        <section className='panel'>
          <Group gap='sm' wrap='nowrap'>
            <Avatar user={me} size='lg' />
            <div>
              <Title order={2} size='h5' className='name'>{me.username}</Title>
              <Text size='sm' c='dimmed' component='div'>
                {me.is_superuser ? 'Superuser' : 'User'} · created <Moment at={me.create_at} />
              </Text>
              <Text size='xs' component='div' mt={4}>
                <code>{me.id}</code> <CopyButton text={me.id} label='Copy' size='compact-xs' aria-label='Copy ID' />
              </Text>
            </div>
          </Group>
        </section>
        {!config?.auto_login && (
          <section className='panel'>
            <Title order={2} size='h5' mb='xs'>Password</Title>
            <PasswordForm />
          </section>
        )}
        <section className='panel'>
          <Title order={2} size='h5' mb='xs'>Theme</Title>
          <SegmentedControl
            aria-label='Theme' value={colorScheme} data={[...colorSchemes]}
            onChange={value => setColorScheme(toColorScheme(value))}
          />
        </section>
      </Stack>
    </Page>
  )
}
