/** Characters of request IDs that proxies and clients use: UUIDs, base64, trace IDs. None of them needs escaping. */
const accepted = /^[\w.:+/=@-]{1,128}$/

/** The request ID that a client sent in `X-Request-Id`; undefined if it is not one. */
export const sentRequestId = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' && accepted.test(header) ? header : undefined
