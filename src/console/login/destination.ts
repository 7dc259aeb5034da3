import { basePath, isBelowBasePath } from '../base-path.ts'

const HOME = '/flows'

/** The page to open after the sign-in, without the base path. Ignores addresses of other origins. */
export function destinationOf (search: string): string {
  const next = new URLSearchParams(search).get('next') ?? ''
  if (!next.startsWith('/') || !URL.canParse(next, location.origin)) return HOME
  const { origin, pathname, search: query } = new URL(next, location.origin)
  if (origin !== location.origin) return HOME
  const path = isBelowBasePath(pathname) ? pathname.slice(basePath.length) : pathname
  // Two slashes begin an address of another host.
  return /^\/(\/|login)|^$/.test(path) ? HOME : path + query
}
