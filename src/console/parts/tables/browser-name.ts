const browsers = [
  ['Edge', /\bEdg\//], ['Opera', /\bOPR\//], ['Firefox', /\bFirefox\//], ['Chrome', /Chrome\//],
  ['Safari', /\bSafari\//], ['curl', /^curl\//], ['Python', /^python|httpx/i]
] as const
const systems = [
  ['Android', /Android/], ['iOS', /iPhone|iPad/], ['Windows', /Windows/], ['macOS', /Mac OS X/], ['Linux', /Linux/]
] as const

const nameIn = (names: ReadonlyArray<readonly [string, RegExp]>, text: string) =>
  names.find(([, pattern]) => pattern.test(text))?.[0]

/** A short name for a user agent, such as "Firefox on Linux". */
export function browserName (userAgent: string | null): string {
  const text = userAgent ?? ''
  const [browser, system] = [nameIn(browsers, text), nameIn(systems, text)]
  if (browser) return system ? `${browser} on ${system}` : browser
  return text === '' ? 'Unknown client' : text.slice(0, 60)
}
