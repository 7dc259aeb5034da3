import { type HostAndPort, isOriginOf } from './host-addresses.ts'

/** Methods that change nothing (RFC 9110, 9.2.1). */
export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What browsers say about the page that sent a request: Fetch Metadata (W3C), older ones `Origin` alone. */
export type PageHeaders = { origin?: string | undefined, 'sec-fetch-site'?: string | string[] | undefined }

/**
 * Whether a page of the host itself, or of one of the allowed origins, sent a request. A client that sends neither
 * header is not a browser.
 */
export function isFromOwnPage (
  { origin, 'sec-fetch-site': site }: PageHeaders, host: HostAndPort, allowed: ReadonlySet<string>
): boolean {
  if (origin !== undefined && allowed.has(origin)) return true
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  // An untrusted proxy may terminate TLS, so only the host is compared.
  return origin === undefined || isOriginOf(origin, host)
}
