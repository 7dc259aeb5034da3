import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import {
  ApiKeyInQuery, HeaderCredentialRequired, NotSuperuser, SecretReadDisabled, SignupDisabled
} from '../errors.ts'
import type { Principal } from '../services/actors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The request must act as somebody. */
    authenticate: onRequestHookHandler
    /** That somebody must be a superuser. */
    requireSuperuser: onRequestHookHandler
    /** The request may act as somebody; credentials that are sent must be good all the same. */
    identify: onRequestHookHandler
    /** After `authenticate`: values may be read at all, and the credential was sent on purpose. */
    allowSecretRead: onRequestHookHandler
    /** A superuser, or anybody while sign-up is open. */
    allowSignup: onRequestHookHandler
  }
  interface FastifyRequest {
    /** Who the request acts as. Reading it on a route without a guard is a bug, and throws. */
    readonly principal: Principal
    /** The same where a guard lets strangers pass. */
    readonly optionalPrincipal: Principal | undefined
    /** The same, for the log: on any route, at any time. */
    readonly foundPrincipal: Principal | undefined
    /** Where a guard leaves whom it found; null is nobody. */
    [FOUND]: Principal | null | undefined
  }
}

const FOUND = Symbol('found principal')

/** Somebody at once, when the credential is remembered, or later. */
type Found<T> = T | Promise<T>

const isLater = <T>(found: Found<T>): found is Promise<T> => found instanceof Promise

/**
 * Makes a hook that finds a principal and judges it. Mostly the credential is remembered, and then the request costs
 * no promise.
 */
function guard (
  find: (request: FastifyRequest) => Found<Principal | undefined>,
  judge: (principal: Principal | undefined) => void = () => {}
): onRequestHookHandler {
  return (request, _reply, done) => {
    const settle = (principal: Principal | undefined) => {
      request[FOUND] = principal ?? null
      judge(principal)
    }
    try {
      const found = find(request)
      if (isLater(found)) {
        found.then(settle).then(() => done(), done)
        return
      }
      settle(found)
    } catch (error) {
      done(error as Error) // what is thrown here is
      return
    }
    done()
  }
}

/** The guards. The first credential that is present decides: a bad one is not rescued by the next. */
export const authPlugin = fp(async app => {
  const { config, services: { auth, principals, usage } } = app

  const countUse = (principal: Principal) => {
    if (principal.apiKey) usage.count(principal.apiKey.id)
    return principal
  }

  function byApiKey (key: string): Found<Principal> {
    const found = principals.byApiKey(key)
    return isLater(found) ? found.then(countUse) : countUse(found)
  }

  /** In Langflow's order; nobody, when there is no credential at all. */
  function findPrincipal (request: FastifyRequest): Found<Principal | undefined> {
    const { bearer, accessCookie, queryKey, headerKey } = request.credentials
    if (bearer !== undefined) return principals.byAccessToken(bearer)
    if (accessCookie !== undefined) {
      app.assertOwnOrigin(request)
      return principals.byAccessToken(accessCookie)
    }
    if (queryKey !== undefined) {
      if (!config.allowApiKeyInQuery) throw new ApiKeyInQuery()
      return byApiKey(queryKey)
    }
    return headerKey === undefined ? undefined : byApiKey(headerKey)
  }

  /** Without a credential, a request of another site's page would act as the superuser of auto login. */
  function withoutCredentials (request: FastifyRequest): Promise<Principal> {
    if (config.autoLogin && config.skipAuthAutoLogin) app.assertOwnPage(request)
    return auth.withoutCredentials()
  }

  const mustFind = (request: FastifyRequest): Found<Principal> => {
    const found = findPrincipal(request)
    if (isLater(found)) return found.then(principal => principal ?? withoutCredentials(request))
    return found ?? withoutCredentials(request)
  }

  app.decorateRequest(FOUND, undefined)
  app.decorateRequest('foundPrincipal', {
    getter (this: FastifyRequest) { return this[FOUND] ?? undefined }
  })
  app.decorateRequest('optionalPrincipal', {
    getter (this: FastifyRequest) {
      if (this[FOUND] === undefined) throw new Error('no guard looked for a principal')
      return this[FOUND] ?? undefined
    }
  })
  app.decorateRequest('principal', {
    getter (this: FastifyRequest) {
      if (!this[FOUND]) throw new Error('no guard set request.principal')
      return this[FOUND]
    }
  })
  app.decorate('identify', guard(findPrincipal))
  app.decorate('authenticate', guard(mustFind))
  app.decorate('requireSuperuser', guard(mustFind, principal => {
    if (!principal?.user.isSuperuser) throw new NotSuperuser()
  }))
  app.decorate('allowSecretRead', ({ credentials, principal }, _reply, done) => {
    const byCookie = credentials.bearer === undefined && credentials.accessCookie !== undefined
    const isOnPurpose = !byCookie && principal.via !== 'auto_login'
    if (!config.enableSecretRead) done(new SecretReadDisabled())
    else done(isOnPurpose ? undefined : new HeaderCredentialRequired())
  })
  app.decorate('allowSignup', guard(findPrincipal, principal => {
    if (!config.signupEnabled && !principal?.user.isSuperuser) throw new SignupDisabled()
  }))
}, { name: 'auth', dependencies: ['services', 'credentials', 'origin'] })
