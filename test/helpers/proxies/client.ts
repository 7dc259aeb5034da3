import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type Agent, request as openRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { acceptOf, readTexts, writeFrame } from './frames.ts'

export type Field = [name: string, value: string]

/** An address that a proxy listens on. */
export type Listener = { port: number, host: string }

/** A request as it is sent: names, duplicates and the path are not changed. */
export type Outgoing = {
  method?: string, path?: string, host?: string, headers?: Field[], body?: Buffer, isChunked?: boolean
  /** The connections to use. Without it, the request has a connection of its own. */
  agent?: Agent
}

export type Response = { status: number, headers: IncomingMessage['headers'], body: string }

/** The address of the client: not that of the proxies. */
export const CLIENT_ADDRESS = '127.0.0.2'
const TIMEOUT_MS = 8000

/** Options of a TLS connection to a proxy. */
export const connectionOptions = ({ host, port }: Listener) => ({
  host: '127.0.0.1', port, localAddress: CLIENT_ADDRESS, servername: host.split(':')[0] ?? '', rejectUnauthorized: false
})

function open (listener: Listener, outgoing: Outgoing) {
  const { method = 'GET', path = '/', host = listener.host, headers = [], agent = false } = outgoing
  const request = openRequest({
    ...connectionOptions(listener), method, path, agent, timeout: TIMEOUT_MS,
    headers: [['Host', host], ...headers].flat()
  })
  return request.on('timeout', () => request.destroy(new Error('no response')))
}

/** An upgrade that nothing has asked for ends the connection. */
const upgraded = async (request: ClientRequest) => {
  const [response, socket] = await once(request, 'upgrade')
  socket.destroy()
  return [response]
}

/** Sends a request to a proxy. The status is 0 if the proxy closes the connection without a response. */
export async function send (listener: Listener, outgoing: Outgoing = {}): Promise<Response> {
  const { body, isChunked = false, headers = [] } = outgoing
  const length: Field[] = body && !isChunked ? [['Content-Length', String(body.length)]] : []
  const chunked: Field[] = isChunked ? [['Transfer-Encoding', 'chunked']] : []
  const request = open(listener, { ...outgoing, headers: [...headers, ...length, ...chunked] })
  const answered = Promise.race([once(request, 'response'), upgraded(request)])
  request.end(body)
  const [response] = await answered.catch(error =>
    ['ECONNRESET', 'EPIPE'].includes(error.code) ? [] : Promise.reject(error))
  request.on('error', () => {}) // a proxy may stop reading a body that it refuses
  if (!response) return { status: 0, headers: {}, body: '' }
  return { status: response.statusCode, headers: response.headers, body: await text(response).catch(() => '') }
}

/** Sends bytes and reads until the proxy closes the connection. */
export async function exchange (listener: Listener, lines: readonly string[]): Promise<string> {
  const socket = connect(connectionOptions(listener))
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no response')))
  socket.write(lines.join('\r\n'))
  return text(socket)
}

/** Opens a WebSocket and sends a message. @returns the status, and the message that came back */
export async function echo (listener: Listener, { headers = [], ...rest }: Outgoing, message: string) {
  const key = randomBytes(16).toString('base64')
  const request = open(listener, {
    ...rest,
    headers: [['Connection', 'Upgrade'], ['Upgrade', 'websocket'], ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', key], ...headers]
  })
  request.end()
  const refused = once(request, 'response').then(async ([response]) => {
    response.resume()
    return { status: response.statusCode as number, message: '', isAccepted: false }
  })
  const upgraded = once(request, 'upgrade').then(async ([response, socket, head]) => {
    socket.unshift(head)
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no message')))
    socket.write(writeFrame(message, { isMasked: true }))
    const { value = '' } = await readTexts(socket).next()
    socket.destroy()
    const isAccepted = response.headers['sec-websocket-accept'] === acceptOf(key)
    return { status: response.statusCode as number, message: value, isAccepted }
  })
  return Promise.race([refused, upgraded])
}
