import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Logo } from '../layout/logo.tsx'

/** A page that needs no session: a centered card. */
export function PublicPage ({ title, children }: { title: string, children: ReactNode }) {
  return (
    <main className='public-page' id='main'>
      <Stack className='public-card'>
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
