import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import {
  ApiKeyInQuery, HeaderCredentialRequired, NotSuperuser, SecretReadDisabled, SignupDisabled
} from '../errors.ts'
import type { Principal } from '../services/principals.ts'

type Guard = (request: FastifyRequest) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    /** The request must act as somebody. */
    authenticate: Guard
    /** That somebody must be a superuser. */
    requireSuperuser: Guard
    /** The request may act as somebody; credentials that are sent must be good all the same. */
    identify: Guard
    /** After `authenticate`: values may be read at all, and the credential was sent on purpose. */
    allowSecretRead: Guard
    /** A superuser, or anybody while sign-up is open. */
    allowSignup: Guard
  }
  interface FastifyRequest {
    /** Who the request acts as. Reading it on a route without a guard is a bug, and throws. */
    readonly principal: Principal
    /** The same where a guard lets strangers pass. */
    readonly optionalPrincipal: Principal | undefined
    /** The same, for the log: on any route, at any time. */
    readonly foundPrincipal: Principal | undefined
  }
}

/** The guards. The first credential that is present decides: a bad one is not rescued by the next. */
export const authPlugin = fp(async app => {
  const { config, services: { auth, principals, usage } } = app
  const found = new WeakMap<FastifyRequest, Principal | undefined>()

  async function byApiKey (key: string): Promise<Principal> {
    const principal = await principals.byApiKey(key)
    if (principal.apiKey) usage.count(principal.apiKey.id)
    return principal
  }

  /** In Langflow's order; nobody, when there is no credential at all. */
  async function findPrincipal (request: FastifyRequest): Promise<Principal | undefined> {
    const { bearer, accessCookie, queryKey, headerKey } = request.credentials
    if (bearer !== undefined) return principals.byAccessToken(bearer)
    if (accessCookie !== undefined) {
      await app.requireOwnOrigin(request)
      return principals.byAccessToken(accessCookie)
    }
    if (queryKey !== undefined) {
      if (!config.allowApiKeyInQuery) throw new ApiKeyInQuery()
      return byApiKey(queryKey)
    }
    return headerKey === undefined ? undefined : byApiKey(headerKey)
  }

  const identify: Guard = async request => { found.set(request, await findPrincipal(request)) }

  const authenticate: Guard = async request => {
    found.set(request, await findPrincipal(request) ?? await auth.withoutCredentials())
  }

  app.decorateRequest('foundPrincipal', {
    getter (this: FastifyRequest) { return found.get(this) }
  })
  app.decorateRequest('optionalPrincipal', {
    getter (this: FastifyRequest) {
      if (!found.has(this)) throw new Error('no guard looked for a principal')
      return found.get(this)
    }
  })
  app.decorateRequest('principal', {
    getter (this: FastifyRequest) {
      const principal = found.get(this)
      if (!principal) throw new Error('no guard set request.principal')
      return principal
    }
  })
  app.decorate('identify', identify)
  app.decorate('authenticate', authenticate)
  app.decorate('requireSuperuser', async request => {
    await authenticate(request)
    if (!request.principal.user.isSuperuser) throw new NotSuperuser()
  })
  app.decorate('allowSecretRead', async ({ credentials, principal }) => {
    if (!config.enableSecretRead) throw new SecretReadDisabled()
    const byCookie = credentials.bearer === undefined && credentials.accessCookie !== undefined
    if (byCookie || principal.via === 'auto_login') throw new HeaderCredentialRequired()
  })
  app.decorate('allowSignup', async request => {
    await identify(request)
    if (!config.signupEnabled && !request.optionalPrincipal?.user.isSuperuser) throw new SignupDisabled()
  })
}, { name: 'auth', dependencies: ['services', 'credentials', 'origin'] })
