import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type ForwardedProblem, resolveForwarded } from '../../policy/requests/forwarded.ts'
import {
  createNetworkTest, type HostAndPort, isDefaultPort, readAddress, readHost
} from '../../policy/requests/host-addresses.ts'

/** The origin and target of a request, as the client sees them. */
export type Reached = {
  /** The address of the client; undefined if the connection has none (a Unix socket, or a closed connection). */
  address: string | undefined
  scheme: 'http' | 'https'
  /** The name is empty if the request has no host. */
  host: HostAndPort
  /** The same as the header that names it, without X-Forwarded-Port. */
  namedHost: HostAndPort
  /** Whether a trusted proxy sent the request. */
  isByProxy: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The client address, scheme and host. Forwarded headers are used only if LANGFLOW_TRUSTED_PROXIES names the peer.
     * Resolved on first use; Fastify's raw `ip`, `protocol` and `host` must not be used.
     */
    readonly reached: Reached
    [REACHED]: Reached | undefined
  }
}

const REACHED = Symbol('reached')

const warnings: Record<ForwardedProblem | 'prefix', string> = {
  address: 'A trusted proxy sends a forwarded address that is not an IP address. Such requests count as those of the ' +
    'last proxy whose address could be read.',
  hops: 'A trusted proxy sends a longer list of addresses than is read.',
  scheme: 'A trusted proxy sends a forwarded scheme other than http or https. The scheme of the connection is used.',
  host: 'A trusted proxy sends a forwarded host that is not a host name. The Host header is used.',
  port: 'A trusted proxy sends a forwarded port that is not a port. It is ignored.',
  syntax: 'A trusted proxy sends a malformed Forwarded header (RFC 7239). It is ignored.',
  disagreement: 'A trusted proxy sends X-Forwarded-For and Forwarded with different addresses. X-Forwarded-For is ' +
    'used. Let the proxy set one of them and remove the other.',
  prefix: 'A trusted proxy sends an X-Forwarded-Prefix other than the path of LANGFLOW_PUBLIC_URL. The header is ' +
    'ignored. Set LANGFLOW_PUBLIC_URL to the URL that clients use, with its path.'
}

const NO_HOST: HostAndPort = { name: '', port: '' }

/** Converts an IPv4-mapped address to IPv4, without parsing: every line of the request log needs it. */
const bare = (address: string | undefined) =>
  address?.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address

/** The address and scheme of the connection. The host is read on use. A class: many requests create one. */
class Connection implements Reached {
  readonly address: string | undefined
  readonly scheme: Reached['scheme']
  readonly isByProxy = false
  readonly #host: string | undefined

  constructor (address: string | undefined, scheme: Reached['scheme'], host: string | undefined) {
    this.address = address
    this.scheme = scheme
    this.#host = host
  }

  get host () { return this.namedHost }
  get namedHost () { return readHost(this.#host ?? '') ?? NO_HOST }
}

/**
 * `request.reached`: replaces Fastify's `trustProxy`, which supports one header and may take the scheme from another
 * hop.
 */
export const forwardedPlugin = fp(async app => {
  const isTrusted = createNetworkTest(app.config.trustedProxies)
  const hasProxies = app.config.trustedProxies.length > 0
  const warned = new Set<string>()

  function warnOnce (kind: keyof typeof warnings, proxy: string) {
    if (warned.has(kind)) return
    warned.add(kind)
    app.log.warn({ proxy, problem: kind }, warnings[kind])
  }

  function resolve ({ raw: { headers, socket } }: FastifyRequest): Reached {
    const { encrypted } = socket as { encrypted?: boolean } // of a TLS socket
    const scheme = encrypted === true ? 'https' : 'http'
    const direct = new Connection(bare(socket.remoteAddress), scheme, headers.host)
    if (!hasProxies || socket.remoteAddress === undefined) return direct
    const peer = readAddress(socket.remoteAddress)
    if (peer === undefined || !isTrusted(peer)) return direct
    const text = (name: string) => headers[name]?.toString()
    const found = resolveForwarded(peer, {
      for: text('x-forwarded-for'),
      proto: text('x-forwarded-proto'),
      host: text('x-forwarded-host'),
      port: text('x-forwarded-port'),
      forwarded: headers.forwarded
    }, isTrusted)
    for (const problem of found.problems) warnOnce(problem, peer)
    // Empty if the proxy removes no prefix.
    const prefix = text('x-forwarded-prefix')?.trim().replace(/\/+$/, '') ?? ''
    if (prefix !== '' && prefix !== app.config.basePath) warnOnce('prefix', peer)
    const namedHost = found.host ?? direct.host
    const { name, port } = namedHost
    // A proxy in a container reports its own default port, whatever port the client used.
    const saysNothing = found.port === undefined || (port === '' && isDefaultPort(found.port))
    return {
      address: found.address,
      scheme: found.scheme ?? scheme,
      isByProxy: true,
      namedHost,
      host: { name, port: saysNothing ? port : found.host?.port || found.port || '' }
    }
  }

  app.decorateRequest(REACHED, undefined)
  app.decorateRequest('reached', {
    getter (this: FastifyRequest) {
      this[REACHED] ??= resolve(this)
      return this[REACHED]
    }
  })
}, { name: 'forwarded', dependencies: ['config'] })
