import ipaddr from 'ipaddr.js'

/**
 * The network by which failed sign-ins are counted: an IPv4 address, or the /64 prefix of an IPv6 address, which one
 * customer has (RFC 6177). IPv4-mapped IPv6 addresses count as IPv4.
 * @param address address of the connection
 */
export function networkOf (address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const groups = parsed.parts.slice(0, 4).map(part => part.toString(16))
  return `${groups.join(':')}::/64`
}
