import { CloseButton, Group, Paper, Text } from '@mantine/core'
import { useEffect, useSyncExternalStore } from 'react'

type Notification = { id: number, text: string }

const SHOWN_MS = 6000
let notifications: readonly Notification[] = []
let lastId = 0
const listeners = new Set<() => void>()

function change (next: readonly Notification[]) {
  notifications = next
  for (const listener of listeners) listener()
}

/** Shows a message in the corner of the page. Failures show beside the control that failed. */
export function notify (text: string) {
  change([...notifications.filter(shown => shown.text !== text), { id: ++lastId, text }])
}

const dismiss = (id: number) => change(notifications.filter(shown => shown.id !== id))

function subscribe (listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

function NotificationView ({ id, text }: Notification) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id])
  return (
    <Paper className='notification' shadow='md' withBorder>
      <Group wrap='nowrap' justify='space-between'>
        <Text size='sm'>{text}</Text>
        <CloseButton size='sm' aria-label='Dismiss' onClick={() => dismiss(id)} />
      </Group>
    </Paper>
  )
}

/** The current notifications; screen readers announce them politely. */
export function Notifications () {
  const shown = useSyncExternalStore(subscribe, () => notifications)
  return (
    <div className='notifications' role='status' aria-live='polite'>
      {shown.map(each => <NotificationView key={each.id} {...each} />)}
    </div>
  )
}
