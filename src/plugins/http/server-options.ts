import { randomBytes } from 'node:crypto'
import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, HeadersTooLarge, MalformedRequest, RequestTimeout, UriTooLong } from '../../errors.ts'
import { sendFailure } from './errors.ts'

/** Limits of connections and requests, which apply before the route is known. */
export const requestLimits = {
  /** Size of the request line and all headers. */
  headersBytesMax: 16 * 1024,
  /** Time for all headers to arrive. */
  headersTimeoutMs: 10_000,
  /** Time for the whole request to arrive, including its body. */
  requestTimeoutMs: 30_000,
  /** Interval at which these two times are checked. */
  checkEveryMs: 2000,
  /** Idle time of a connection. */
  connectionTimeoutMs: 60_000,
  /** Size of a request body; some routes accept more. */
  bodyBytesMax: 1024 * 1024,
  /** Length of a path parameter. */
  paramLengthMax: 200
} as const

/** Headers of responses that bypass all hooks. */
const bareHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'content-type': 'application/json; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
} as const

/** Responds to requests whose path is invalid. No hook runs for them. */
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

/** Responds to malformed requests on the socket and closes it. */
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

/** Options of the HTTP server: its limits and its error responses. */
export const serverOptions = {
  bodyLimit: requestLimits.bodyBytesMax,
  requestTimeout: requestLimits.requestTimeoutMs,
  connectionTimeout: requestLimits.connectionTimeoutMs,
  http: {
    maxHeaderSize: requestLimits.headersBytesMax,
    headersTimeout: requestLimits.headersTimeoutMs,
    connectionsCheckingInterval: requestLimits.checkEveryMs,
    // Node.js would send another error format. plugins/http/security.ts requires the header.
    requireHostHeader: false
  },
  frameworkErrors,
  clientErrorHandler
} satisfies FastifyHttpOptions<Server>
