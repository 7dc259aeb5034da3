import { createServer, type Server } from 'node:net'
import { listenFailure, type Listening } from './listen-failure.ts'

/** The ports that this process holds before it serves there. */
export type ReservedPorts = {
  /** Frees the ports for the servers that listen there next. */
  release: () => Promise<void>
}

/**
 * Listens on each address before the database is opened, so that a port in use is found before anything is written.
 * Connections are reset at once, and no request is read: a client sees a server that is not up yet.
 * @throws SetupError when nothing can listen on one of them
 */
export async function reservePorts (addresses: readonly Listening[]): Promise<ReservedPorts> {
  const servers: Server[] = []
  const release = async () => {
    await Promise.all(servers.map(server => new Promise(resolve => { server.close(resolve) })))
  }
  for (const address of addresses) {
    try {
      servers.push(await reserve(address))
    } catch (error) {
      await release()
      throw listenFailure(address, error)
    }
  }
  return { release }
}

function reserve ({ host, port }: Listening): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => {}) // the client may be gone
    socket.resetAndDestroy()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => resolve(server))
  })
}
