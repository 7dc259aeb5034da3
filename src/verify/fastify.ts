import type { RequestLike } from './requests.ts'
import { setIdentity } from './requests.ts'
import type { Requirements } from './requirements.ts'
import type { Verifier } from './verifier.ts'

type Request = RequestLike & { routeOptions: { config: object } }
type Instance = { addHook: (name: 'onRequest', hook: (request: Request) => Promise<void>) => unknown }

export type FastifyIdentityOptions = {
  verifier: Verifier
  /** For routes without `config.identity`. Default: a valid token. */
  requirements?: Requirements
}

/** `config.identity` of a route: what it requires, or false for a public route. */
function requirementsOf ({ routeOptions: { config } }: Request): Requirements | false | undefined {
  if (!('identity' in config) || config.identity === undefined) return undefined
  if (config.identity === false) return false
  if (typeof config.identity === 'object' && config.identity !== null) return config.identity
  throw new TypeError('config.identity of a route must be an object or false')
}

async function plugin (app: Instance, { verifier, requirements = {} }: FastifyIdentityOptions): Promise<void> {
  app.addHook('onRequest', async request => {
    const required = requirementsOf(request) ?? requirements
    if (required === false) return
    setIdentity(request, await verifier.authenticate(request.headers.authorization, required))
  })
}

/**
 * A Fastify plugin: every route of the instance that registers it requires a token. `config.identity` of a route sets
 * its requirements, or makes it public. `skip-override` makes the hook apply to the registering instance.
 */
export const fastifyIdentity = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'flowgate-identity'
})
