import { CloseButton, Group, Paper, Text } from '@mantine/core'
import { useEffect, useSyncExternalStore } from 'react'

type Notice = { id: number, text: string }

const SHOWN_MS = 6000
let notices: readonly Notice[] = []
let lastId = 0
const listeners = new Set<() => void>()

function change (next: readonly Notice[]) {
  notices = next
  for (const listener of listeners) listener()
}

/** Says that something was done, or happened elsewhere; what failed is told where it failed. */
export function notify (text: string) {
  change([...notices.filter(notice => notice.text !== text), { id: ++lastId, text }])
}

const dismiss = (id: number) => change(notices.filter(notice => notice.id !== id))

function subscribe (listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

function NoticeView ({ id, text }: Notice) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id])
  return (
    <Paper className='notice' shadow='md' withBorder>
      <Group wrap='nowrap' justify='space-between'>
        <Text size='sm'>{text}</Text>
        <CloseButton size='sm' aria-label='Dismiss' onClick={() => dismiss(id)} />
      </Group>
    </Paper>
  )
}

/** The corner of the page where notices appear; screen readers read them when they have time. */
export function Notices () {
  const shown = useSyncExternalStore(subscribe, () => notices)
  return (
    <div className='notices' role='status' aria-live='polite'>
      {shown.map(notice => <NoticeView key={notice.id} {...notice} />)}
    </div>
  )
}
