import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Test } from 'tap'
import { acceptOf, readTexts, writeFrame } from './frames.ts'

/** A request that an app received, with its headers as they were sent. */
export type Received = {
  method: string, url: string, fields: [name: string, value: string][], bytes: number, sha256: string, upgrade: string
}

const fieldsOf = ({ rawHeaders }: IncomingMessage) => rawHeaders.flatMap((name, index): [string, string][] =>
  index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [])

export const digestOf = (body: Buffer) => createHash('sha256').update(body).digest('hex')

async function echoTexts (socket: Duplex) {
  for await (const text of readTexts(socket)) socket.write(writeFrame(text))
}

/** The header of all responses, which shows that they come from the app. */
export const FROM_APP = 'x-from-app'

/** An app that records its requests, answers 200 or as /status/403 says, and echoes WebSockets. */
export async function startApp (t: Test) {
  const received: Received[] = []
  const record = (request: IncomingMessage, rest: Pick<Received, 'bytes' | 'sha256' | 'upgrade'>) => {
    const { method = '', url = '' } = request
    received.push({ method, url, fields: fieldsOf(request), ...rest })
  }
  const server = createServer({ maxHeaderSize: 64 * 1024 }, async (request, response) => {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of request) {
      bytes += chunk.length
      hash.update(chunk)
    }
    record(request, { bytes, sha256: hash.digest('hex'), upgrade: request.headers.upgrade ?? '' })
    const [, status = '200'] = /^\/status\/(\d{3})$/.exec(request.url ?? '') ?? []
    response.writeHead(Number(status), { [FROM_APP]: 'yes', 'content-type': 'text/plain' }).end('hello')
  })
  server.on('upgrade', (request, socket, head) => {
    const upgrade = request.headers.upgrade ?? ''
    record(request, { bytes: 0, sha256: '', upgrade })
    socket.write(['HTTP/1.1 101 Switching Protocols', `Upgrade: ${upgrade}`, 'Connection: Upgrade', `${FROM_APP}: yes`,
      `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'])}`, '', ''].join('\r\n'))
    socket.unshift(head)
    echoTexts(socket).catch(() => socket.destroy()) // the proxy has closed the connection
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const { port } = server.address() as AddressInfo // the server listens on a port
  /** The requests since the last call. */
  const take = () => received.splice(0)
  return { port, take }
}

export type App = Awaited<ReturnType<typeof startApp>>
