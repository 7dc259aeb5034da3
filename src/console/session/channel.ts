import { basePath } from '../base-path.ts'

/** A message between the tabs of one browser. */
export type Message = { type: 'signed-in', userId: string } | { type: 'signed-out' }

// Another server of the same origin, below another path, has other sessions.
const channel = new BroadcastChannel(`flowgate${basePath}`)

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'type' in value

/** Sends a message to the other tabs. */
export const broadcast = (message: Message) => channel.postMessage(message)

/** Receives messages from the other tabs. @returns a function that stops it */
export function subscribe (listener: (message: Message) => void) {
  const onMessage = ({ data }: MessageEvent<unknown>) => { if (isMessage(data)) listener(data) }
  channel.addEventListener('message', onMessage)
  return () => channel.removeEventListener('message', onMessage)
}
