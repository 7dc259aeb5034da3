/**
 * Compiles a function that removes the base path from request targets, so that every address is also served below it.
 * RFC 8414, 3.1 appends the path of an issuer to the name of a well-known address: `/.well-known/NAME/flowgate`.
 * @param basePath e.g. `/flowgate`, without characters that are special in URLs
 */
export function createBasePathRemover (basePath: string): (target: string) => string {
  const base = basePath.replaceAll('.', '\\.')
  const prefix = new RegExp(`^${base}(?=[/?#]|$)`)
  const wellKnown = new RegExp(`^(/\\.well-known/[^/?#]+)${base}(?=/?(?:[?#]|$))`)
  return target => {
    // A target may be a whole URL (RFC 9112, 3.2.2).
    const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(prefix, '').replace(wellKnown, '$1')
    return /^(?:[?#]|$)/.test(path) ? `/${path}` : path
  }
}
