import { isIP } from 'node:net'
import { allowedHostProblem, type Problem } from './hosts.ts'
import type { SettingValues } from './settings.ts'

const LENGTH_MAX = 200

/** Segments without percent-encoding, which proxies and routers normalize differently. */
const path = /^\/[\w.~-]+(\/[\w.~-]+)*$/

/**
 * First segments of addresses of this server. As the base path one of them would hide those addresses: with `/api`,
 * `/api/v1` would mean `/v1`.
 */
export const ownSegments: ReadonlySet<string> = new Set([
  'admin', 'api', 'assets', 'docs', 'favicon.ico', 'flows', 'health', 'health_check', 'livez', 'login', 'no-access',
  'oauth2', 'openapi.json', 'openapi.yaml', 'readyz', 'settings', 'signup', '.well-known'
])

const withoutFinalSlashes = (text: string) => text.replace(/\/+$/, '')

/** Checks LANGFLOW_PUBLIC_URL. */
export function publicUrlProblem (text: string): Problem | undefined {
  // `new URL` accepts `https:example.org`, and removes `.` and `..` from the path.
  const written = /^https?:\/\/[^/]+(.*)$/i.exec(text)?.[1]
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || written === undefined) {
    return {
      problem: 'is not an http or https URL', remedy: 'Use e.g. https://auth.example.org or https://example.org/flowgate.'
    }
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'contains a user name or password', remedy: 'Remove it.' }
  }
  if (allowedHostProblem(url.hostname)) return { problem: 'has an invalid host name', remedy: 'Use one host name.' }
  if (/[?#]/.test(text)) return { problem: 'has a query or a fragment', remedy: `Use ${url.origin}${url.pathname}.` }
  if (text.length > LENGTH_MAX) return { problem: `is longer than ${LENGTH_MAX} characters`, remedy: 'Shorten its path.' }
  const base = withoutFinalSlashes(url.pathname)
  if (withoutFinalSlashes(written) !== base || (base !== '' && !path.test(base))) {
    return {
      problem: 'has a path that is not plain',
      remedy: 'Use segments of letters, digits, dots, hyphens, tildes and underscores, e.g. /flowgate.'
    }
  }
  const [, first = ''] = base.split('/')
  return ownSegments.has(first)
    ? { problem: `has a path that begins with an address of this server (/${first})`, remedy: 'Use e.g. /flowgate.' }
    : undefined
}

export type PublicAddress = {
  /** The URL at which clients reach the server, without a final slash: the setting, or `http://HOST:PORT`. */
  publicUrl: string
  /** Its origin, if the setting is set. */
  publicOrigin: string | undefined
  /** Its path: `/flowgate`, or empty. Links and redirects begin with it. */
  basePath: string
}

export function publicAddress (
  { publicUrl, host, port, sslCertFile }: Pick<SettingValues, 'publicUrl' | 'host' | 'port' | 'sslCertFile'>
): PublicAddress {
  // A URL cannot have the zone of an address: fe80::1%eth0.
  const name = isIP(host) === 6 ? `[${host.replace(/%.*/, '')}]` : host
  const { origin, pathname } = new URL(publicUrl ?? `${sslCertFile === undefined ? 'http' : 'https'}://${name}:${port}`)
  const basePath = withoutFinalSlashes(pathname)
  return { publicUrl: origin + basePath, publicOrigin: publicUrl === undefined ? undefined : origin, basePath }
}
