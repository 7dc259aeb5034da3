import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = { address: Address, bits: number }

const widthOf = (address: Address) => address.kind() === 'ipv4' ? 32 : 128

/** The range of a well-formed network. IPv4-mapped IPv6 networks are IPv4 (RFC 4291, 2.5.5.2). */
function rangeOf (network: string): Range {
  const [text = '', prefix] = network.split('/')
  const address = ipaddr.parse(text)
  const bits = prefix === undefined ? widthOf(address) : Number(prefix)
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
  return isMapped ? { address: address.toIPv4Address(), bits: bits - 96 } : { address, bits }
}

const contains = (outer: Range, { address, bits }: Range) =>
  outer.address.kind() === address.kind() && outer.bits <= bits && address.match(outer.address, outer.bits)

/**
 * Compiles networks into a test of addresses. IPv4 networks also match IPv4-mapped IPv6 addresses.
 * @param networks addresses and networks in CIDR notation, already validated
 */
export function compileNetworks (networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map(rangeOf)
  return text => {
    if (!ipaddr.isValid(text)) return false
    const address = ipaddr.process(text)
    return ranges.some(range => contains(range, { address, bits: widthOf(address) }))
  }
}

/** The first address of a range, in its shortest spelling (RFC 5952). */
function baseOf ({ address, bits }: Range): string {
  const isInRange = (index: number) => Math.max(0, Math.min(8, bits - index * 8))
  const bytes = address.toByteArray().map((byte, index) => byte & (0xff << (8 - isInRange(index))))
  return ipaddr.fromByteArray(bytes).toString()
}

const FORM = 'Use an address or a network in CIDR notation, e.g. 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32'

/**
 * Reads a network in CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3), or an address as a network of one address.
 * @returns the canonical spelling, or what is wrong
 */
export function readNetwork (text: string): { network: string } | { problem: string } {
  const [, spelled = '', prefix] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
  // `isIP` accepts no leading zeros and no numbers in other bases, which programs read differently.
  const family = isIP(spelled)
  const bitsMax = family === 4 ? 32 : 128
  const isPrefix = prefix === undefined || (String(Number(prefix)) === prefix && Number(prefix) <= bitsMax)
  if (family === 0 || !isPrefix) return { problem: FORM }
  const range = rangeOf(text)
  if (range.address instanceof ipaddr.IPv6 && range.address.isIPv4MappedAddress() && range.bits > 0) {
    return { problem: 'An IPv4-mapped network has a prefix of 96 or more: write it as IPv4' }
  }
  const base = baseOf(range)
  const network = `${base}/${range.bits}`
  return base === range.address.toString()
    ? { network }
    : { problem: `The address has bits outside the network: use ${network}` }
}

/** Whether every address of a network is in one of the others. */
export function isInside (network: string, networks: readonly string[]): boolean {
  const range = rangeOf(network)
  return networks.some(outer => contains(rangeOf(outer), range))
}

/** The networks whose addresses are in both lists. */
export function overlapOf (some: readonly string[], others: readonly string[]): string[] {
  return [...new Set([
    ...some.filter(network => isInside(network, others)), ...others.filter(network => isInside(network, some))
  ])]
}
