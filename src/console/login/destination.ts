/** Where to go after the sign-in: a page of ours, whatever the address says. */
export function destinationOf (search: string): string {
  const next = new URLSearchParams(search).get('next') ?? ''
  if (!next.startsWith('/') || !URL.canParse(next, location.origin)) return '/flows'
  const { origin, pathname, search: query } = new URL(next, location.origin)
  return origin === location.origin && !pathname.startsWith('/login') ? pathname + query : '/flows'
}
