import { Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** Nothing is there: what it would be, and how to get it. */
export function Empty ({ title, children, actions }: { title: string, children: ReactNode, actions?: ReactNode }) {
  return (
    <Stack className='empty' align='center' gap='xs'>
      <Title order={2} size='h4'>{title}</Title>
      <Text size='sm' c='dimmed' ta='center'>{children}</Text>
      {actions && <Group mt='xs' justify='center'>{actions}</Group>}
    </Stack>
  )
}
