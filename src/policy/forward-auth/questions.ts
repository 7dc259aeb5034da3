import type { IncomingHttpHeaders } from 'node:http'
import type { AppRequest } from '../access-rules/rules.ts'

/** What adapters read: the request of the proxy, and the scheme and the host that it names. */
export type Asked = {
  method: string
  /** The request target. */
  target: string
  headers: IncomingHttpHeaders
  /** Names and values of the header lines in turn, as they arrived. */
  rawHeaders: readonly string[]
} & Pick<AppRequest, 'scheme' | 'host'>

/** How a kind of proxy asks, and which answers it can pass on to the client. */
export type Adapter = Readonly<{
  /** Reads the request to the app. @returns a text that says what is missing, if the proxy sent too little */
  read: (asked: Asked) => AppRequest | string
  /** `redirects`: a redirect reaches the client. `whole`: 200 would reach it, too, so it is never sent. */
  passesOn: 'status' | 'redirects' | 'whole'
}>

/** Node.js joins repeated header lines with a comma, which a single line may contain, too. */
const isRepeated = ({ headers, rawHeaders }: Asked, name: string) => headers[name]?.includes(', ') === true &&
  rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length > 1

/** The value of a header; undefined if it is repeated, because the app may see another line. */
const single = (asked: Asked, name: string): string | undefined =>
  isRepeated(asked, name) ? undefined : asked.headers[name]?.toString()

const missing = (name: string) => `The proxy must send ${name} once`

function withHost (asked: Asked, method: string, target: string): AppRequest | string {
  const { scheme, host } = asked
  if (host.name === '' || isRepeated(asked, 'x-forwarded-host')) return missing('X-Forwarded-Host')
  // Apps that fold case would read `post` as POST.
  return { method: method.toUpperCase(), scheme, host, target }
}

/** X-Forwarded-Method and X-Forwarded-Uri: nginx as configured, Traefik, Caddy, HAProxy. */
function readForwarded (asked: Asked): AppRequest | string {
  const method = single(asked, 'x-forwarded-method')
  const target = single(asked, 'x-forwarded-uri')
  if (!method) return missing('X-Forwarded-Method')
  if (!target || !/^[/*]/.test(target)) return `${missing('X-Forwarded-Uri')}, beginning with /`
  return withHost(asked, method, target)
}

/** The address that Envoy's `path_prefix` names; the path of the request follows it. */
export const ENVOY_PREFIX = '/api/v1/verify/envoy'

/** Envoy's HTTP authorization service: the method, path and host of its request are those of the client. */
function readEnvoy (asked: Asked): AppRequest | string {
  const target = asked.target.slice(ENVOY_PREFIX.length)
  return withHost(asked, asked.method, target.startsWith('/') ? target : `/${target}`)
}

/**
 * The adapters by the address that a proxy calls. Traefik, Caddy and HAProxy ask in the same way. nginx evaluates the
 * status alone, and answers 500 to a redirect; it fetches the answer for the client from `denied`.
 */
export const adapters = {
  forwarded: { read: readForwarded, passesOn: 'redirects' },
  nginx: { read: readForwarded, passesOn: 'status' },
  denied: { read: readForwarded, passesOn: 'whole' },
  envoy: { read: readEnvoy, passesOn: 'redirects' }
} as const satisfies Record<string, Adapter>
