import type { FastifyReply, FastifyRequest, onErrorHookHandler, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import {
  ApiKeyInQuery, Failure, HeaderCredentialRequired, NotSuperuser, SecretReadDisabled, SignupDisabled
} from '../../errors.ts'
import { credentialHint } from '../../policy/requests/credential-hints.ts'
import type { Principal } from '../../services/access/principal.ts'
import type { Credentials } from './credentials.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The request must act as somebody. */
    authenticate: onRequestHookHandler
    /** That somebody must be a superuser. */
    requireSuperuser: onRequestHookHandler
    /**
     * Authentication is optional. A refused cookie is ignored: the browser sent it, not the user. A bearer token or an
     * API key must be valid.
     */
    identify: onRequestHookHandler
    /** After `authenticate`: values may be read at all, and the credential was sent on purpose. */
    allowSecretRead: onRequestHookHandler
    /** Removes the cookies of a refresh token that is refused. */
    clearRefusedTokens: onErrorHookHandler
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

const isRefusal = (error: unknown): error is Failure => error instanceof Failure && error.kind.status === 401

/** Codes of failures whose cause may be seen in how the credential was sent. */
const explained = new Set(['invalid_token', 'invalid_api_key', 'missing_credentials'])

/** What a refusal adds to the answer: a hint, and the end of an access cookie that was refused. */
function refuse (error: unknown, request: FastifyRequest, reply: FastifyReply): Error {
  if (!(error instanceof Failure)) return error as Error // what is thrown here is
  const { bearer, accessCookies, queryKey, headerKey } = request.credentials
  if (isRefusal(error) && bearer === undefined && accessCookies.length > 0) {
    reply.clearCookies('access')
    return error
  }
  if (!explained.has(error.kind.code)) return error
  const { authorization } = request.headers
  const hint = credentialHint({ authorization, bearer, apiKey: queryKey ?? headerKey })
  return hint === undefined ? error : error.withHint(hint)
}

/**
 * Makes a hook that finds a principal and judges it. Mostly the credential is remembered, and then the request costs
 * no promise.
 */
function guard (
  find: (request: FastifyRequest) => Found<Principal | undefined>,
  judge: (principal: Principal | undefined) => void = () => {}
): onRequestHookHandler {
  return (request, reply, done) => {
    const settle = (principal: Principal | undefined) => {
      request[FOUND] = principal ?? null
      judge(principal)
    }
    try {
      const found = find(request)
      if (isLater(found)) {
        found.then(settle).then(() => done(), error => done(refuse(error, request, reply)))
        return
      }
      settle(found)
    } catch (error) {
      done(refuse(error, request, reply))
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

  /** By the first good one among cookies of the same name. */
  async function byFirstGood ([first, ...others]: readonly string[]): Promise<Principal> {
    try {
      return await principals.byAccessToken(first ?? '')
    } catch (error) {
      if (!isRefusal(error) || others.length === 0) throw error
      return byFirstGood(others)
    }
  }

  function byCookies (request: FastifyRequest, cookies: readonly string[]): Found<Principal> {
    app.assertOwnOrigin(request)
    return cookies.length === 1 ? principals.byAccessToken(cookies[0] ?? '') : byFirstGood(cookies)
  }

  function findByKey ({ queryKey, headerKey }: Credentials): Found<Principal | undefined> {
    if (queryKey !== undefined) {
      if (!config.allowApiKeyInQuery) throw new ApiKeyInQuery()
      return byApiKey(queryKey)
    }
    return headerKey === undefined ? undefined : byApiKey(headerKey)
  }

  /** Looks at the credentials in Langflow's order. @returns undefined when there are none */
  function findPrincipal (request: FastifyRequest): Found<Principal | undefined> {
    const { credentials } = request
    if (credentials.bearer !== undefined) return principals.byAccessToken(credentials.bearer)
    if (credentials.accessCookies.length > 0) return byCookies(request, credentials.accessCookies)
    return findByKey(credentials)
  }

  /** The same where authentication is optional: a refused cookie is ignored. */
  async function findIfAny (request: FastifyRequest): Promise<Principal | undefined> {
    try {
      return await findPrincipal(request)
    } catch (error) {
      const { credentials } = request
      const isByCookie = credentials.bearer === undefined && credentials.accessCookies.length > 0
      if (!isRefusal(error) || !isByCookie) throw error
      return await findByKey(credentials)
    }
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
  app.decorate('identify', guard(findIfAny))
  app.decorate('authenticate', guard(mustFind))
  app.decorate('requireSuperuser', guard(mustFind, principal => {
    if (!principal?.user.isSuperuser) throw new NotSuperuser()
  }))
  app.decorate('clearRefusedTokens', async ({ credentials }, reply, error) => {
    if (isRefusal(error) && credentials.refreshCookies.length > 0) reply.clearCookies('tokens')
  })
  app.decorate('allowSecretRead', ({ credentials, principal }, _reply, done) => {
    const byCookie = credentials.bearer === undefined && credentials.accessCookies.length > 0
    const isOnPurpose = !byCookie && principal.via !== 'auto_login'
    if (!config.enableSecretRead) done(new SecretReadDisabled())
    else done(isOnPurpose ? undefined : new HeaderCredentialRequired())
  })
  app.decorate('allowSignup', guard(findIfAny, principal => {
    if (!config.signupEnabled && !principal?.user.isSuperuser) throw new SignupDisabled()
  }))
}, { name: 'auth', dependencies: ['services', 'credentials', 'origin'] })
