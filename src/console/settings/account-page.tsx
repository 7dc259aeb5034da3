import { SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'
import { colorSchemes, toColorScheme } from '../parts/color-schemes.ts'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useMe } from '../session/guards.tsx'
import { useConfig } from '../session/queries.ts'
import { PasswordForm } from './password-form.tsx'

/** Who I am, my password, and how the pages look. */
export function AccountPage () {
  const me = useMe()
  const config = useConfig()
  // Holding transitions back would take a `<style>` element.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  return (
    <Page title='Account'>
      <Stack>
        <section className='panel'>
          <Title order={2} size='h5' mb='xs'>{me.username}</Title>
          <Text size='sm' component='div'>
            {me.is_superuser ? 'Superuser' : 'Plain user'} · account made <Moment at={me.create_at} />
          </Text>
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
