import { type HostAndPort, readAddress, readHost } from './host-addresses.ts'

/** Maximum number of list entries that are evaluated, from the right; others are ignored. */
export const HOPS_MAX = 32

/** Problems of forwarded headers. Each kind is logged once. */
export type ForwardedProblem = 'address' | 'hops' | 'scheme' | 'host' | 'port' | 'syntax' | 'disagreement'

/** The headers that proxies add. Repeated headers are joined by commas. */
export type ForwardedHeaders = {
  for?: string | undefined
  proto?: string | undefined
  host?: string | undefined
  port?: string | undefined
  /** The `Forwarded` header of RFC 7239. */
  forwarded?: string | undefined
}

export type Forwarded = {
  /** The first address that is not a trusted proxy. */
  address: string
  scheme: 'http' | 'https' | undefined
  host: HostAndPort | undefined
  port: string | undefined
  problems: ForwardedProblem[]
}

type Element = Record<string, string>

/** The non-empty entries of a list (RFC 9110, 5.6.1). */
function entriesOf (list: string | undefined): string[] {
  if (list === undefined) return []
  if (!list.includes(',')) return list.trim() === '' ? [] : [list.trim()]
  return list.split(',').map(entry => entry.trim()).filter(Boolean)
}

/** One parameter of RFC 7239, 4 with the separator after it: a token or a quoted string. */
const parameter = /[\t ]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[\t ]*([,;]|$)/y
const separators = /[\t ,;]+/y

/** Parses `Forwarded`. @returns undefined if it is malformed, because no part can then be attributed to a hop */
function parseForwarded (text: string): Element[] | undefined {
  const elements: Element[] = []
  let element: Element = {}
  let at = 0
  while (at < text.length) {
    separators.lastIndex = at
    if (separators.test(text)) {
      if (text.slice(at, separators.lastIndex).includes(',')) element = {}
      at = separators.lastIndex
      continue
    }
    parameter.lastIndex = at
    const [, name = '', quoted, token = '', end] = parameter.exec(text) ?? []
    if (name === '' || Object.hasOwn(element, name.toLowerCase())) return undefined
    if (Object.keys(element).length === 0) elements.push(element)
    element[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, '$1') ?? token
    if (end === ',') element = {}
    at = parameter.lastIndex
  }
  return elements
}

/**
 * Walks a list of addresses from the right, past trusted proxies.
 * @returns the first address that is not trusted, and the number of entries up to it. An entry that is not an address
 *   ends the walk at the proxy that sent it.
 */
function walk (peer: string, entries: string[], isTrusted: (address: string) => boolean) {
  let address = peer
  for (let hops = 1; hops <= entries.length; hops++) {
    if (hops > HOPS_MAX) return { address, hops, problem: 'hops' as const }
    const next = readAddress(entries[entries.length - hops] ?? '')
    if (next === undefined) return { address, hops, problem: 'address' as const }
    address = next
    if (!isTrusted(address)) return { address, hops, problem: undefined }
  }
  return { address, hops: Math.max(entries.length, 1), problem: undefined }
}

/** The value at the client's hop, counted from the right; the first value of a shorter list. */
const atHop = <T>(values: T[], hops: number): T | undefined => values[Math.max(values.length - hops, 0)]

/**
 * Resolves client address, scheme, host and port of a request that a trusted proxy sent. For each of them
 * X-Forwarded-* precedes `Forwarded`: proxies set the former, and many pass on a `Forwarded` that a client made up.
 * @param peer address of the trusted proxy, in its canonical spelling
 */
export function resolveForwarded (
  peer: string, headers: ForwardedHeaders, isTrusted: (address: string) => boolean
): Forwarded {
  const problems: ForwardedProblem[] = []
  const parsed = headers.forwarded === undefined ? [] : parseForwarded(headers.forwarded)
  if (!parsed) problems.push('syntax')
  const elements = parsed ?? []
  const addresses = entriesOf(headers.for)
  const named = elements.map(element => element['for'] ?? '')
  const { address, hops, problem } = walk(peer, addresses.length > 0 ? addresses : named, isTrusted)
  if (problem) problems.push(problem)
  if (addresses.length > 0 && named.length > 0 && walk(peer, named, isTrusted).address !== address) {
    problems.push('disagreement')
  }

  /** X-Forwarded-* at the client's hop, else the parameter of `Forwarded` at that hop. */
  const valueOf = (list: string | undefined, name: string) =>
    atHop(entriesOf(list), hops) ?? atHop(elements, hops)?.[name]

  function read<T> (text: string | undefined, parse: (text: string) => T | undefined, kind: ForwardedProblem) {
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) problems.push(kind)
    return value
  }

  return {
    address,
    scheme: read(valueOf(headers.proto, 'proto'), readScheme, 'scheme'),
    host: read(valueOf(headers.host, 'host'), readHost, 'host'),
    port: read(atHop(entriesOf(headers.port), hops), readPort, 'port'),
    problems
  }
}

function readScheme (text: string) {
  const scheme = text.replace(/^"(.*)"$/, '$1').toLowerCase()
  return scheme === 'https' || scheme === 'http' ? scheme : undefined
}

const readPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? text : undefined
