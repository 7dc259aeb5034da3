import { type HostAndPort, isDefaultPort, readHost } from '../requests/host-addresses.ts'

/** The hosts that a rule names. `port` is empty for the default ports of http and https, `*` for every port. */
export type HostPattern = { name: string, isWildcard: boolean, port: string }

/** The spelling by which host names are compared: lower case, without final dot, IPv6 compressed. */
function canonical (name: string): string {
  if (name.startsWith('[')) return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : name
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** The spelling of a host and its port; default ports are left out. */
export const canonicalHost = ({ name, port }: HostAndPort): HostAndPort =>
  ({ name: canonical(name), port: isDefaultPort(port) ? '' : port })

/**
 * Reads a host of a rule: `app.example.org`, `*.example.org`, `127.0.0.1:8080`, `app.example.org:*`.
 * @returns the pattern, or why the text is not one
 */
export function readHostPattern (text: string): HostPattern | string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'is a URL; write the host without scheme and path'
  if (text.includes('/')) return 'has a path; write it under `paths`'
  const isWildcard = text.startsWith('*.')
  const anyPort = text.endsWith(':*')
  const bare = text.slice(isWildcard ? 2 : 0, anyPort ? -2 : undefined)
  if (bare.includes('*')) return 'has a `*` that is neither the first label (*.example.org) nor the port'
  // eslint-disable-next-line no-control-regex -- ASCII
  if (/[^\x00-\x7f]/.test(bare)) return 'has characters that are not ASCII; write it in Punycode (xn--…)'
  const host = readHost(bare)
  if (!host || host.name.replace(/\.$/, '').split('.').includes('')) return 'is not a host name'
  if (anyPort && host.port !== '') return 'has two ports'
  const { name, port } = canonicalHost(host)
  // `*.org` would allow redirects to every site below it.
  if (isWildcard && (!name.includes('.') || /^[\d.]+$/.test(name))) {
    return 'is too wide: a wildcard needs two labels after it, e.g. *.example.org'
  }
  return { name, isWildcard, port: anyPort ? '*' : port }
}

/** Whether a host, in its canonical spelling, is one of those that a pattern names. */
export function matchesHost ({ name, isWildcard, port }: HostPattern, host: HostAndPort): boolean {
  if (port !== '*' && port !== host.port) return false
  return isWildcard ? host.name.endsWith(`.${name}`) : host.name === name
}
