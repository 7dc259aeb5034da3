import ipaddr from 'ipaddr.js'

/**
 * What counts as one network when guesses are counted: an IPv4 address, or the /64 that one IPv6 customer has to
 * himself (RFC 6177). IPv4 written as IPv6 is IPv4.
 * @param address as the transport knows it
 */
export function networkOf (address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const groups = parsed.parts.slice(0, 4).map(part => part.toString(16))
  return `${groups.join(':')}::/64`
}
