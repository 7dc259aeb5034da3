import type { IncomingHttpHeaders } from 'node:http'

/** Who sent a request, and how. */
export type ClientKind = {
  /** A browser opens a page: it can follow a redirect to the sign-in page. */
  navigates: boolean
  /** A browser sent it: a challenge for Basic authentication would open its password dialog. */
  isBrowser: boolean
  /**
   * A WebSocket handshake (RFC 6455, 4.1; over HTTP/2 without a key: RFC 8441, 5.1). Browsers send it for pages of
   * every origin, with cookies.
   */
  opensWebSocket: boolean
}

/** Browsers prefer HTML, or accept it like other types. pip accepts it with a low weight (RFC 9110, 12.4.2). */
const acceptsPage = /\btext\/html(?!\s*;\s*q=0)/i

/** Browsers send Fetch Metadata (W3C) to https and loopback only; elsewhere `Accept` and `User-Agent` must do. */
export function readClient (headers: IncomingHttpHeaders, method: string): ClientKind {
  const mode = headers['sec-fetch-mode']
  const isRead = method === 'GET' || method === 'HEAD'
  const opensWebSocket = headers['sec-websocket-key'] !== undefined ||
    headers['sec-websocket-version'] !== undefined || headers.upgrade?.toLowerCase() === 'websocket'
  const asksForPage = isRead && acceptsPage.test(headers.accept ?? '')
  return {
    navigates: !opensWebSocket && (mode === undefined ? asksForPage : mode === 'navigate'),
    isBrowser: mode !== undefined || headers['user-agent']?.startsWith('Mozilla/') === true,
    opensWebSocket
  }
}
