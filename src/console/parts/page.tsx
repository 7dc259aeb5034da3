import { Group, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

type Props = { title: string, actions?: ReactNode, children: ReactNode, level?: 1 | 2 }

/** A page, or a part of settings: its title, what can be done, what is there. */
export function Page ({ title, actions, children, level = 1 }: Props) {
  useEffect(() => { document.title = `${title} · Flowgate` }, [title])
  return (
    <section className='page'>
      <Group justify='space-between' mb='md' className='page-head'>
        <Title order={level} size='h3'>{title}</Title>
        {actions}
      </Group>
      {children}
    </section>
  )
}
