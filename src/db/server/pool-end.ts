import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** An unresponsive server never confirms the end of a connection. */
const END_TIMEOUT_MS = 1000

/** An internal property of `pg` that its types omit. */
type Internals = { connection: { stream: Socket } }

/**
 * Tracks the connections of a new pool.
 * @returns a function that ends the pool and destroys connections that the server does not close within a second
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
    await ended // queries that were running have failed
  }
}
