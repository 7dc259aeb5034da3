import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Why a text is not a host, and the remedy. */
export type Problem = { problem: string, remedy: string }

const label = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i
const labelWithUnderscores = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i
const HOST_LENGTH_MAX = 253

const isAscii = (text: string) => /^[\x21-\x7e]*$/.test(text)

/** The host of a URL; undefined if the text is not a URL. */
function hostOfUrl (text: string): string | undefined {
  if (!text.includes('://') || !URL.canParse(text)) return undefined
  return new URL(text).hostname || undefined
}

const without = (what: string, host: string | undefined): Problem =>
  ({ problem: what, remedy: host ? `Use the host name only: ${host}.` : 'Use the host name only.' })

/** The checks that apply to every host name. IP addresses are handled before. */
function nameProblem (name: string, pattern: RegExp): Problem | undefined {
  if (name.includes('://')) return without('is a URL', hostOfUrl(name))
  if (/[/?#@]/.test(name)) return without('contains more than a host name', undefined)
  const [, host, port] = /^(.*):(\d*)$/.exec(name) ?? []
  if (port !== undefined) return without('has a port', host)
  if (/\s/.test(name)) return { problem: 'contains a blank', remedy: 'Use one host name.' }
  if (!isAscii(name)) {
    const ascii = domainToASCII(name)
    const problem = 'has characters that are not ASCII'
    return { problem, remedy: ascii ? `Use ${ascii}.` : 'Use Punycode (xn--…).' }
  }
  if (name.length > HOST_LENGTH_MAX) return { problem: `is longer than ${HOST_LENGTH_MAX} characters`, remedy: 'Shorten it.' }
  const labels = name.split('.')
  if (labels.includes('')) return { problem: 'has an empty part between its dots', remedy: 'Remove the extra dot.' }
  if (!labels.every(part => pattern.test(part))) {
    return { problem: 'has a character that is invalid in host names', remedy: 'Use letters, digits, hyphens, dots.' }
  }
  return /^\d+$/.test(labels.at(-1) ?? '')
    ? { problem: 'is not an IP address', remedy: 'Use four numbers from 0 to 255 without leading zeros, or a name.' }
    : undefined
}

/** Checks an address to listen on: an IP address or a host name of this machine. */
export function listenProblem (text: string): Problem | undefined {
  if (text === '*') return { problem: 'is not an address', remedy: 'Use 0.0.0.0 for all addresses, or :: with IPv6.' }
  return isIP(text) === 0 ? nameProblem(text.replace(/\.$/, ''), labelWithUnderscores) : undefined
}

/** Checks a host that requests may have in the Host header. */
export function allowedHostProblem (text: string): Problem | undefined {
  if (text.includes('*')) return { problem: 'has a wildcard', remedy: 'List each host name.' }
  if (isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0) return undefined
  return nameProblem(text.replace(/\.$/, ''), labelWithUnderscores)
}

/** Checks the Domain attribute of cookies (RFC 6265, 4.1.1 and 5.1.3); a leading dot is ignored by browsers. */
export function cookieDomainProblem (text: string): Problem | undefined {
  if (/^\.?\*\./.test(text)) {
    const domain = text.replace(/^\.?\*\./, '')
    return { problem: 'has a wildcard', remedy: `Use ${domain}: browsers send its cookies to subdomains, too.` }
  }
  const name = text.replace(/^\./, '')
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) {
    return { problem: 'is an IP address, and browsers drop cookies with such a domain', remedy: 'Remove the setting.' }
  }
  return nameProblem(name, label)
}
