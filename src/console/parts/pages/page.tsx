import { Group, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

type Props = {
  title: string
  /** Shown instead of the title. */
  heading?: ReactNode
  above?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A page or a section of the settings: title, actions, content. */
export function Page ({ title, heading = title, above, actions, children }: Props) {
  useEffect(() => { document.title = `${title} · Flowgate` }, [title])
  return (
    <section className='page'>
      {above}
      <Group justify='space-between' mb='md' className='page-head'>
        <Title order={1} size='h3'>{heading}</Title>
        {actions}
      </Group>
      {children}
    </section>
  )
}
