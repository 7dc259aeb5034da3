import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** One address for the current primary, like that of a managed PostgreSQL or a proxy. */
export async function movingPort (t: Test, first: number) {
  let target = first
  const open = new Set<Socket>()
  const proxy = createServer(client => {
    const server = connect(target, '127.0.0.1')
    for (const [one, other] of [[client, server], [server, client]] as const) {
      open.add(one)
      one.on('error', () => {}).on('close', () => { open.delete(one); other.destroy() })
      one.pipe(other)
    }
  })
  await new Promise<void>(resolve => { proxy.listen(0, '127.0.0.1', resolve) })
  const move = (port: number) => {
    target = port
    for (const socket of open) socket.destroy()
  }
  /** Open connections stay open but transfer no data, as behind a firewall that has dropped them. */
  const freeze = () => { for (const socket of open) socket.unpipe().pause() }
  t.teardown(() => { proxy.close(); move(target) })
  const address = proxy.address()
  return { port: typeof address === 'object' && address ? address.port : 0, move, freeze }
}
