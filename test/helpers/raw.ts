import { connect } from 'node:net'

type Pieces = Iterable<string | Buffer> | AsyncIterable<string | Buffer>

/** Sends raw bytes to a server and collects the response until the server closes the connection or `ms` have passed. */
export async function sendRaw (url: string, pieces: Pieces, { ms = 5000, from = '127.0.0.1' } = {}) {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress: from })
  let text = ''
  const closed = new Promise<boolean>(resolve => {
    socket.on('data', chunk => { text += chunk })
    socket.on('error', () => resolve(true))
    socket.on('close', () => resolve(true))
    setTimeout(() => resolve(false), ms).unref()
  })
  const write = async () => {
    for await (const piece of pieces) {
      if (socket.destroyed || !socket.writable) return
      await new Promise(resolve => socket.write(piece, resolve))
    }
  }
  const isClosed = await Promise.race([closed, write().then(() => closed)])
  socket.destroy()
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { isClosed, head, body, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]) }
}

/** A request as raw text. */
export function rawRequest (line: string, headers: Record<string, string> = {}, body = '') {
  const fields = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return [`${line} HTTP/1.1`, ...fields, '', body].join('\r\n')
}
