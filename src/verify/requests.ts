import type { Identity } from './identity.ts'

/** The part of a request that the plugins read. */
export type RequestLike = { headers: { authorization?: string | undefined } }

const identities = new WeakMap<object, Identity>()

export const setIdentity = (request: object, identity: Identity) => { identities.set(request, identity) }

/**
 * The identity that the Fastify plugin or the middleware verified for this request.
 * @throws Error if the route does not require a token
 */
export function identityOf (request: object): Identity {
  const identity = identities.get(request)
  if (!identity) throw new Error('this request has no identity: its route does not require a token')
  return identity
}
