/** A path that a rule names: exactly this path, or it and everything below it. */
export type PathPattern = { exact: string, lenient: string, isPrefix: boolean }

/**
 * Two readings of the path of a request. Apps and proxies disagree about percent-encoding, dot segments, double and
 * encoded slashes, backslashes, matrix parameters and letter case. `exact` is decoded once, and encoded slashes stay
 * encoded. `lenient` resolves everything that a lenient server resolves.
 */
export type PathReadings = { exact: string, lenient: string }

/** Decodes an attacker's double encoding, which some servers decode twice. */
const DECODINGS_MAX = 3

const plain = /^(?:\/[a-z\d_~-][a-z\d_.~-]*)*$/

/** Percent-decodes UTF-8 except slashes and backslashes (RFC 3986, 2.4). */
function decodeOnce (path: string): string {
  try {
    return path.split(/(%2f|%5c)/i).map((part, index) => index % 2 === 1 ? part : decodeURIComponent(part)).join('')
  } catch {
    return path
  }
}

function decodeAll (path: string): string {
  let text = path
  for (let count = 0; count < DECODINGS_MAX && text.includes('%'); count++) {
    try {
      text = decodeURIComponent(text)
    } catch {
      // Malformed UTF-8: each byte is one character.
      text = text.replace(/%([\da-f]{2})/gi, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)))
    }
  }
  return text
}

function lenientOf (path: string): string {
  const segments: string[] = []
  const text = path.replaceAll('\\', '/').toLowerCase()
  for (const part of text.split('/')) {
    const segment = part.replace(/;.*$/s, '')
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

/**
 * @param path the path of a request target, as it was sent, without the query
 * @returns undefined for a path that no app needs, and that servers cut at different places
 */
export function readPath (path: string): PathReadings | undefined {
  if (plain.test(path)) return { exact: path, lenient: path }
  const decoded = decodeAll(path)
  if (path.includes('#') || decoded.includes('\0')) return undefined
  return { exact: path.includes('%') ? decodeOnce(path) : path, lenient: lenientOf(decoded) }
}

/**
 * Reads a path of a rule: `/health` or `/public/*`.
 * @returns the pattern, or why the text is not one
 */
export function readPathPattern (text: string): PathPattern | string {
  if (!text.startsWith('/')) return 'must begin with /'
  if (/[?#]/.test(text)) return 'has a query or a fragment; rules match paths only'
  if (text.includes('%')) return 'is percent-encoded; write the characters themselves'
  const isPrefix = text.endsWith('/*')
  const path = isPrefix ? text.slice(0, -2) : text
  if (path.includes('*')) return 'has a `*` that is not the last segment (/public/*)'
  if (/\/\/|\\|;|\/\.{1,2}(\/|$)/.test(path)) return 'contains //, \\, ; or a dot segment'
  return { exact: path, lenient: lenientOf(path), isPrefix }
}

const matchesText = (pattern: string, isPrefix: boolean, path: string) =>
  isPrefix ? pattern === '' || pattern === '/' || path === pattern || path.startsWith(`${pattern}/`) : path === pattern

export const matchesExactly = ({ exact, isPrefix }: PathPattern, path: string): boolean =>
  matchesText(exact, isPrefix, path)

export const matchesLeniently = ({ lenient, isPrefix }: PathPattern, path: string): boolean =>
  matchesText(lenient, isPrefix, path)
