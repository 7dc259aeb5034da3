import { randomBytes } from 'node:crypto'
import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, HeadersTooLarge, MalformedRequest, RequestTimeout, UriTooLong } from '../../errors.ts'
import { sendFailure } from './errors.ts'

/** Bounds of what a connection may bring, before any route is known. */
export const requestLimits = {
  /** The request line and all headers together. */
  headersBytesMax: 16 * 1024,
  /** All headers must be there. */
  headersTimeoutMs: 10_000,
  /** The whole request, body included, must be there. */
  requestTimeoutMs: 30_000,
  /** How often the two above are looked at. */
  checkEveryMs: 2000,
  /** Nothing moves on the connection in either direction. */
  connectionTimeoutMs: 60_000,
  /** Body of a request, unless its route takes more. */
  bodyBytesMax: 1024 * 1024,
  /** One parameter in the path. */
  paramLengthMax: 200
} as const

/** Headers of an answer that no plugin sees. */
const bareHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'content-type': 'application/json; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
} as const

/** Requests whose path the router cannot read: they meet no hook, and so bring their headers along. */
function frameworkErrors (error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const failure = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? new UriTooLong() : new MalformedRequest()
  reply.headers(bareHeaders).header('x-request-id', request.id)
  sendFailure(failure, request, reply)
  request.server.countFailure(failure.kind.code)
}

function refusalOf (code: string): Failure {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return new HeadersTooLarge()
    case 'ERR_HTTP_REQUEST_TIMEOUT': return new RequestTimeout()
    default: return new MalformedRequest()
  }
}

/** What never became a request: answered on the socket, in the one shape, and closed. */
function clientErrorHandler (this: FastifyInstance, error: Error & { code?: string }, socket: Socket) {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const { kind: { status, code }, detail } = refusalOf(error.code ?? '')
  this.countFailure(code)
  const requestId = randomBytes(6).toString('hex')
  const body = JSON.stringify({ detail, code, request_id: requestId })
  const headers = Object.entries({
    ...bareHeaders, 'x-request-id': requestId, 'content-length': Buffer.byteLength(body), connection: 'close'
  })
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** How the HTTP server itself is bounded, and what it says to what it refuses. */
export const serverOptions = {
  bodyLimit: requestLimits.bodyBytesMax,
  requestTimeout: requestLimits.requestTimeoutMs,
  connectionTimeout: requestLimits.connectionTimeoutMs,
  http: {
    maxHeaderSize: requestLimits.headersBytesMax,
    headersTimeout: requestLimits.headersTimeoutMs,
    connectionsCheckingInterval: requestLimits.checkEveryMs,
    // Node's own answer has another shape: plugins/http/security.ts asks for the header.
    requireHostHeader: false
  },
  frameworkErrors,
  clientErrorHandler
} satisfies FastifyHttpOptions<Server>
