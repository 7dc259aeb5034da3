/** Maximum number of cookies with the same name that are evaluated. */
export const SAME_NAME_MAX = 4

function decoded (text: string): string {
  const value = /^"(.*)"$/.exec(text)?.[1] ?? text
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/**
 * The values of the cookies with a name, in the order of the header (RFC 6265, 5.4). A browser can send a host-only
 * cookie and a domain cookie with the same name. Equal values count once; empty values are ignored.
 * @param header the Cookie header
 */
export function cookieValues (header: string | undefined, name: string): string[] {
  if (!header?.includes(name)) return []
  const values = new Set<string>()
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).trim() !== name) continue
    const value = decoded(pair.slice(at + 1).trim())
    if (value !== '') values.add(value)
    if (values.size === SAME_NAME_MAX) break
  }
  return [...values]
}
