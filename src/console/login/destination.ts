/** The page to open after the sign-in. Ignores addresses of other origins. */
export function destinationOf (search: string): string {
  const next = new URLSearchParams(search).get('next') ?? ''
  if (!next.startsWith('/') || !URL.canParse(next, location.origin)) return '/flows'
  const { origin, pathname, search: query } = new URL(next, location.origin)
  return origin === location.origin && !pathname.startsWith('/login') ? pathname + query : '/flows'
}
