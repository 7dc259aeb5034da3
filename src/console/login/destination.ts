import { basePath, isBelowBasePath } from '../base-path.ts'

const HOME = '/flows'

/** Where a sign-in leads: a page of the console, without the base path, or the URL of an app. */
export type Destination = { page: string } | { app: string }

/**
 * The page or the app to open after the sign-in. Only the server knows which URLs are those of apps: see
 * return-to-app.tsx.
 */
export function destinationOf (search: string): Destination {
  const next = new URLSearchParams(search).get('next') ?? ''
  const isUrl = /^https?:\/\//i.test(next)
  if (!(isUrl || next.startsWith('/')) || !URL.canParse(next, location.origin)) return { page: HOME }
  const { origin, pathname, search: query, href } = new URL(next, location.origin)
  // An app may be on the same host, beside the base path.
  if (isUrl && (origin !== location.origin || !isBelowBasePath(pathname))) return { app: href }
  if (origin !== location.origin) return { page: HOME }
  const path = isBelowBasePath(pathname) ? pathname.slice(basePath.length) : pathname
  // Two slashes begin an address of another host.
  return { page: /^\/(\/|login)|^$/.test(path) ? HOME : path + query }
}
