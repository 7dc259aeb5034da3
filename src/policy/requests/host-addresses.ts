import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { compileNetworks } from './cidr.ts'

/** Ports are digits, or obfuscated as in RFC 7239, 6.2. */
const withPort = /^(.*):(?:\d{1,5}|_[\w.-]+)$/

/** One spelling for each address: no zone ID, IPv6 compressed (RFC 5952), IPv4-mapped IPv6 as IPv4. */
function canonical (text: string): string | undefined {
  const zone = text.indexOf('%')
  const address = zone < 0 ? text : text.slice(0, zone)
  return isIP(address) === 0 ? undefined : ipaddr.process(address).toString()
}

/** No address is longer, with its zone ID, port and quotes. Clients must not fill the memory with longer texts. */
const ADDRESS_LENGTH_MAX = 200

/** Addresses are parsed once for many requests. */
const ADDRESSES_MAX = 1000
const addresses = new LRUCache<string, { address: string | undefined }>({ max: ADDRESSES_MAX })

/**
 * Reads an IP address as proxies write it: with a port, brackets, quotes, a zone ID or blanks around it.
 * @returns the address in its canonical spelling; undefined when the text is not an address
 */
export function readAddress (text: string): string | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined
  const known = addresses.get(text)
  if (known) return known.address
  const address = parseAddress(text)
  addresses.set(text, { address })
  return address
}

function parseAddress (text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1').trim()
  if (bare.startsWith('[')) {
    const end = bare.indexOf(']')
    const rest = bare.slice(end + 1)
    return end > 0 && (rest === '' || withPort.test(rest)) ? canonical(bare.slice(1, end)) : undefined
  }
  const address = canonical(bare)
  if (address !== undefined) return address
  // `192.0.2.7:80` and `::ffff:192.0.2.7:80`. Without brackets, a port after another IPv6 address is ambiguous.
  const head = withPort.exec(bare)?.[1]
  return head?.includes('.') ? canonical(head) : undefined
}

/**
 * Compiles addresses and networks into a test that remembers its results.
 * @param networks as LANGFLOW_TRUSTED_PROXIES lists them, already validated
 */
export function createNetworkTest (networks: readonly string[]): (address: string) => boolean {
  const isInside = compileNetworks(networks)
  const tested = new LRUCache<string, boolean>({ max: ADDRESSES_MAX })
  return address => {
    const known = tested.get(address)
    if (known !== undefined) return known
    const result = isInside(address)
    tested.set(address, result)
    return result
  }
}

/** A host and its port as in a URL or a Host header; `port` is empty when none is given. */
export type HostAndPort = { name: string, port: string }

/**
 * Splits the value of Host, X-Forwarded-Host or `host=` (RFC 9110, 7.2).
 * @returns undefined when the text is not a host
 */
export function readHost (text: string): HostAndPort | undefined {
  const [, name, port = ''] = /^([\w.-]+|\[[\da-f:.]+(?:%[\w.-]+)?\])(?::(\d{0,5}))?$/i.exec(text.trim()) ?? []
  return name === undefined || Number(port) > 65_535 ? undefined : { name, port }
}

/** Whether clients leave the port out of a URL, over http or https. */
export const isDefaultPort = (port: string) => port === '80' || port === '443'

/** `name`, or `name:port`. */
export const writeHost = ({ name, port }: HostAndPort) => port === '' ? name : `${name}:${port}`

/** Removes default ports, which URLs omit. */
const portOf = (port: string) => isDefaultPort(port) ? '' : port

/**
 * Whether an origin has this host. If the host has no port, because a proxy removed it, only the names are compared:
 * browsers send cookies to every port of a host (RFC 6265, 8.5).
 */
export function isOriginOf (origin: string, { name, port }: HostAndPort): boolean {
  const address = `http://${name}`
  if (!URL.canParse(origin) || !URL.canParse(address)) return false
  const page = new URL(origin)
  if (page.hostname !== new URL(address).hostname) return false
  return port === '' || portOf(page.port) === portOf(port)
}
