import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Why a text is not a host, and what to write instead. */
export type Misfit = { problem: string, remedy: string }

const label = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i
const labelWithUnderscores = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i
const HOST_LENGTH_MAX = 253

const isAscii = (text: string) => /^[\x21-\x7e]*$/.test(text)

/** The host of a URL; undefined when the text is not a URL. */
function hostOfUrl (text: string): string | undefined {
  if (!text.includes('://') || !URL.canParse(text)) return undefined
  return new URL(text).hostname || undefined
}

const without = (what: string, host: string | undefined): Misfit =>
  ({ problem: what, remedy: host ? `Write the host alone: ${host}.` : 'Write the host alone.' })

/** What every host name fails for in the same way; addresses have been told apart before. */
function nameMisfit (name: string, pattern: RegExp): Misfit | undefined {
  if (name.includes('://')) return without('is a URL', hostOfUrl(name))
  if (/[/?#@]/.test(name)) return without('has more than a host name in it', undefined)
  const [, host, port] = /^(.*):(\d*)$/.exec(name) ?? []
  if (port !== undefined) return without('has a port', host)
  if (/\s/.test(name)) return { problem: 'has a blank in it', remedy: 'Write one host name.' }
  if (!isAscii(name)) {
    const ascii = domainToASCII(name)
    const problem = 'has characters that are not ASCII'
    return { problem, remedy: ascii ? `Write it in Punycode: ${ascii}.` : 'Write the name in Punycode (xn--…).' }
  }
  if (name.length > HOST_LENGTH_MAX) return { problem: `is longer than ${HOST_LENGTH_MAX} characters`, remedy: 'Shorten it.' }
  const labels = name.split('.')
  if (labels.includes('')) return { problem: 'has an empty part between its dots', remedy: 'Remove the extra dot.' }
  if (!labels.every(part => pattern.test(part))) {
    return { problem: 'has a character that host names do not have', remedy: 'Use letters, digits, hyphens and dots.' }
  }
  return /^\d+$/.test(labels.at(-1) ?? '')
    ? { problem: 'is not an IP address', remedy: 'Write four numbers from 0 to 255, without leading zeros, or a name.' }
    : undefined
}

/** Checks an address to listen on: an IP address or a name of this machine. */
export function listenMisfit (text: string): Misfit | undefined {
  if (text === '*') return { problem: 'is not an address', remedy: 'Write 0.0.0.0 for all addresses, or :: with IPv6.' }
  return isIP(text) === 0 ? nameMisfit(text.replace(/\.$/, ''), labelWithUnderscores) : undefined
}

/** Checks a host that may stand in the Host header of requests. */
export function allowedHostMisfit (text: string): Misfit | undefined {
  if (text.includes('*')) return { problem: 'has a wildcard', remedy: 'Write each host name.' }
  if (isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0) return undefined
  return nameMisfit(text.replace(/\.$/, ''), labelWithUnderscores)
}

/** Checks the Domain attribute of cookies (RFC 6265, 4.1.1 and 5.1.3); a leading dot is ignored by browsers. */
export function cookieDomainMisfit (text: string): Misfit | undefined {
  if (/^\.?\*\./.test(text)) {
    const domain = text.replace(/^\.?\*\./, '')
    return { problem: 'has a wildcard', remedy: `Write ${domain}: cookies of a domain go to its subdomains, too.` }
  }
  const name = text.replace(/^\./, '')
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) {
    return { problem: 'is an IP address, and browsers drop cookies with such a domain', remedy: 'Remove the setting.' }
  }
  return nameMisfit(name, label)
}
