import type { HostAndPort } from '../requests/host-addresses.ts'

type Options = { cookieDomain?: string | undefined, publicUrl: string, basePath: string }

/**
 * Compiles a test whether browsers send the session cookies to the addresses of a host (RFC 6265, 5.4). Cookies do not
 * depend on ports. A host-only cookie below a base path does not reach the apps beside that path.
 */
export function createCookieReach (
  { cookieDomain, publicUrl, basePath }: Options
): (host: HostAndPort) => boolean {
  const domain = cookieDomain?.replace(/^\./, '').toLowerCase()
  const own = new URL(publicUrl).hostname
  return ({ name }) => {
    const host = name.toLowerCase()
    if (domain !== undefined) return host === domain || host.endsWith(`.${domain}`)
    return basePath === '' && host === own
  }
}
