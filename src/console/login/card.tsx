import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Logo } from '../layout/logo.tsx'

/** The one thing on the pages of strangers. */
export function Card ({ title, children }: { title: string, children: ReactNode }) {
  return (
    <main className='stranger' id='main'>
      <Stack className='stranger-card'>
        <Logo />
        <Paper withBorder p='xl'>
          <Stack>
            <Title order={1} size='h3'>{title}</Title>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </main>
  )
}
