import { Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** Shown instead of an empty list: what belongs there and how to add it. */
export function EmptyState (
  { title, children, actions }: { title: string, children: ReactNode, actions?: ReactNode }
) {
  return (
    <Stack className='empty' align='center' gap='xs'>
      <Title order={2} size='h4'>{title}</Title>
      <Text size='sm' c='dimmed' ta='center'>{children}</Text>
      {actions && <Group mt='xs' justify='center'>{actions}</Group>}
    </Stack>
  )
}
