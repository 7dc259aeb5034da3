import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** A server that hangs never confirms the end of a connection. */
const END_TIMEOUT_MS = 1000

/** What `pg` keeps of a connection; its types leave it out. */
type Internals = { connection: { stream: Socket } }

/**
 * Watches the connections of a new pool.
 * @returns ends all of them: those that the server does not close within a second are cut
 */
export function trackConnections (pool: pg.Pool): () => Promise<void> {
  const sockets = new Set<Socket>()
  pool.on('connect', client => {
    const { connection: { stream } } = client as unknown as Internals
    sockets.add(stream)
    stream.once('close', () => sockets.delete(stream))
  })
  return async () => {
    const ended = pool.end()
    const closed = Promise.all([...sockets].map(socket => once(socket, 'close').catch(() => {})))
    const timer = new AbortController()
    await Promise.race([
      Promise.all([ended, closed]),
      sleep(END_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => {})
    ])
    timer.abort()
    for (const socket of sockets) socket.destroy()
    await ended // a query that was running has failed by now
  }
}
