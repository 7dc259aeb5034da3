import { isIP } from 'node:net'
import type { Problem } from './hosts.ts'
import type { SettingValues } from './settings.ts'

const LENGTH_MAX = 200

/** Segments without percent-encoding, which proxies and routers normalize differently. */
const path = /^\/[\w.~-]+(\/[\w.~-]+)*$/

/**
 * First segments of addresses of this server. As the base path one of them would hide those addresses: with `/api`,
 * `/api/v1` would mean `/v1`.
 */
export const ownSegments: ReadonlySet<string> = new Set([
  'admin', 'api', 'assets', 'docs', 'favicon.ico', 'flows', 'health', 'health_check', 'livez', 'login', 'oauth2',
  'openapi.json', 'openapi.yaml', 'readyz', 'settings', 'signup', '.well-known'
])

const withoutFinalSlashes = (text: string) => text.replace(/\/+$/, '')

/** Checks LANGFLOW_PUBLIC_URL. */
export function publicUrlProblem (text: string): Problem | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return {
      problem: 'is not an http or https URL', remedy: 'Use e.g. https://auth.example.org or https://example.org/flowgate.'
    }
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'contains a user name or password', remedy: 'Remove it.' }
  }
  if (/[?#]/.test(text)) return { problem: 'has a query or a fragment', remedy: `Use ${url.origin}${url.pathname}.` }
  if (text.length > LENGTH_MAX) return { problem: `is longer than ${LENGTH_MAX} characters`, remedy: 'Shorten its path.' }
  const base = withoutFinalSlashes(url.pathname)
  if (base === '') return undefined
  // `new URL` removes `.` and `..`.
  const written = withoutFinalSlashes(text.slice(text.indexOf('/', text.indexOf('//') + 2)))
  if (!path.test(base) || written !== base) {
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

/** The URL at which clients reach the server, without a final slash, and the path in it: `/flowgate`, or empty. */
export function publicAddress (
  { publicUrl, host, port, sslCertFile }: Pick<SettingValues, 'publicUrl' | 'host' | 'port' | 'sslCertFile'>
): { publicUrl: string, basePath: string } {
  const name = isIP(host) === 6 ? `[${host}]` : host
  const { origin, pathname } = new URL(publicUrl ?? `${sslCertFile === undefined ? 'http' : 'https'}://${name}:${port}`)
  const basePath = withoutFinalSlashes(pathname)
  return { publicUrl: origin + basePath, basePath }
}
