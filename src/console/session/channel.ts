/** What the tabs of one browser tell one another. */
export type Message = { type: 'signed-in', userId: string } | { type: 'signed-out' }

const channel = new BroadcastChannel('flowgate')

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'type' in value

/** Tells every other tab. */
export const tell = (message: Message) => channel.postMessage(message)

/** Hears the other tabs until the returned function is called. */
export function hear (listener: (message: Message) => void) {
  const onMessage = ({ data }: MessageEvent<unknown>) => { if (isMessage(data)) listener(data) }
  channel.addEventListener('message', onMessage)
  return () => channel.removeEventListener('message', onMessage)
}
