import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { connectionOptions, type Listener } from './client.ts'
import { readTexts, writeFrame } from './frames.ts'

const TIMEOUT_MS = 8000

/** Runs requests over one HTTP/2 connection to a proxy. */
export async function withHttp2<T> (listener: Listener, run: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connect(`https://${listener.host}`, {
    createConnection: () => connectTls({ ...connectionOptions(listener), ALPNProtocols: ['h2'] })
  })
  try {
    await once(session, 'remoteSettings')
    return await run(session)
  } finally {
    session.destroy()
  }
}

const statusOf = async (stream: ReturnType<ClientHttp2Session['request']>): Promise<number> => {
  const [headers] = await once(stream, 'response', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  return headers[':status']
}

/** Sends a request without content. @returns the status; 0 if the proxy resets the stream */
export async function ask (session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<number> {
  const stream = session.request(headers)
  stream.resume()
  return statusOf(stream).catch(error => error.code === 'ERR_HTTP2_STREAM_ERROR' ? 0 : Promise.reject(error))
}

/** Opens a WebSocket (RFC 8441) and sends a message. @returns the status, and the message that came back */
export async function echo (session: ClientHttp2Session, headers: OutgoingHttpHeaders, message: string) {
  const stream = session.request({
    ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13', ...headers
  }, { endStream: false })
  try {
    const status = await statusOf(stream)
    if (status !== 200) return { status, message: '' }
    stream.write(writeFrame(message, { isMasked: true }))
    stream.setTimeout(TIMEOUT_MS, () => stream.destroy(new Error('no message')))
    const { value = '' } = await readTexts(stream).next()
    return { status, message: value }
  } finally {
    stream.destroy()
  }
}
