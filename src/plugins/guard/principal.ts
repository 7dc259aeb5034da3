import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ApiKeyInQuery, Failure, MissingCredentials } from '../../errors.ts'
import type { Caller, Principal } from '../../services/access/principal.ts'
import type { Credentials } from './credentials.ts'

/** A value, or a promise of it. Cached principals are returned synchronously. */
export type MaybePromise<T> = T | Promise<T>

export const isPromise = <T>(value: MaybePromise<T>): value is Promise<T> => value instanceof Promise

/** How a request finds its principal. */
export type PrincipalFinder = {
  /** The principal of an API key; other credentials are ignored. @throws MissingCredentials without an API key */
  findKey: (request: FastifyRequest) => MaybePromise<Principal>
  /**
   * For routes without required authentication: a refused access cookie is ignored, because the browser sent it and not
   * the user. A bearer token or an API key must be valid. Resolves to undefined without a credential.
   */
  findOptional: (request: FastifyRequest) => Promise<Principal | undefined>
  /** For routes that require a principal. @throws MissingCredentials without a credential */
  findRequired: (request: FastifyRequest) => MaybePromise<Principal>
}

declare module 'fastify' {
  interface FastifyInstance { principalFinder: PrincipalFinder }
  interface FastifyRequest {
    /** The principal of the request. Throws on a route that requires none: reading it there is a bug. */
    readonly principal: Principal
    /** The same on routes with optional authentication. Throws if no guard has run. */
    readonly optionalPrincipal: Principal | undefined
    /** Principal, address and id of the request, for services that record security events. */
    readonly caller: Caller<Principal>
    /** The same on routes without required authentication. */
    readonly anyCaller: Caller<Principal | undefined>
    /** The same for requests that sign in or out: they act for no account yet. */
    readonly anonymousCaller: Caller<undefined>
    /** The principal that the guard found; null means anonymous, undefined that no guard has run. */
    [PRINCIPAL]: Principal | null | undefined
  }
}

export const PRINCIPAL = Symbol('principal')

export const isUnauthorized = (error: unknown): error is Failure =>
  error instanceof Failure && error.kind.status === 401

function callerOf<Who> (request: FastifyRequest, actor: Who): Caller<Who> {
  return {
    actor, address: request.reached.address, userAgent: request.headers['user-agent'], requestId: request.id
  }
}

/** Finds the principal of a request by its credentials. Of several kinds of credentials only the first is tried. */
export const principalPlugin = fp(async app => {
  const { config, services: { autoLogin, keyUse, principals } } = app

  /** Tries cookies with the same name in turn until one is valid. */
  async function byFirstValid ([first, ...others]: readonly string[]): Promise<Principal> {
    try {
      return await principals.byAccessToken(first ?? '')
    } catch (error) {
      if (!isUnauthorized(error) || others.length === 0) throw error
      return byFirstValid(others)
    }
  }

  function byCookies (request: FastifyRequest, cookies: readonly string[]): MaybePromise<Principal> {
    app.assertOwnOrigin(request)
    return cookies.length === 1 ? principals.byAccessToken(cookies[0] ?? '') : byFirstValid(cookies)
  }

  function sentKey ({ queryKey, headerKey }: Credentials): string | undefined {
    if (queryKey !== undefined && !config.allowApiKeyInQuery) throw new ApiKeyInQuery()
    return queryKey ?? headerKey
  }

  function findByKey (request: FastifyRequest): MaybePromise<Principal | undefined> {
    const key = sentKey(request.credentials)
    return key === undefined ? undefined : keyUse.by(key, () => request.reached.address)
  }

  /** The first credential in Langflow's order decides. @returns undefined without a credential */
  function find (request: FastifyRequest): MaybePromise<Principal | undefined> {
    const { credentials } = request
    if (credentials.bearer !== undefined) return principals.byAccessToken(credentials.bearer)
    if (credentials.accessCookies.length > 0) return byCookies(request, credentials.accessCookies)
    return findByKey(request)
  }

  async function findOptional (request: FastifyRequest): Promise<Principal | undefined> {
    try {
      return await find(request)
    } catch (error) {
      const { credentials } = request
      const isByCookie = credentials.bearer === undefined && credentials.accessCookies.length > 0
      if (!isUnauthorized(error) || !isByCookie) throw error
      return await findByKey(request)
    }
  }

  function withoutCredentials (request: FastifyRequest): Promise<Principal> {
    if (request.takesClientCredentials) throw new MissingCredentials()
    // A request from a page of another site would act as the superuser of auto login.
    if (config.autoLogin && config.skipAuthAutoLogin) app.assertOwnPage(request)
    return autoLogin.withoutCredentials()
  }

  function findRequired (request: FastifyRequest): MaybePromise<Principal> {
    const found = find(request)
    if (isPromise(found)) return found.then(principal => principal ?? withoutCredentials(request))
    return found ?? withoutCredentials(request)
  }

  /** Whatever its networks and its rate limit: possession suffices. */
  function findKey ({ credentials }: FastifyRequest): MaybePromise<Principal> {
    const key = sentKey(credentials)
    if (key === undefined) throw new MissingCredentials('Send the API key in the header x-api-key')
    return principals.byApiKey(key)
  }

  app.decorate('principalFinder', { findKey, findOptional, findRequired })
  app.decorateRequest(PRINCIPAL, undefined)
  app.decorateRequest('principal', {
    getter (this: FastifyRequest) {
      if (!this[PRINCIPAL]) throw new Error('this route requires no principal')
      return this[PRINCIPAL]
    }
  })
  app.decorateRequest('optionalPrincipal', {
    getter (this: FastifyRequest) {
      if (this[PRINCIPAL] === undefined) throw new Error('no guard has run on this route')
      return this[PRINCIPAL] ?? undefined
    }
  })
  app.decorateRequest('caller', {
    getter (this: FastifyRequest) { return callerOf(this, this.principal) }
  })
  app.decorateRequest('anyCaller', {
    getter (this: FastifyRequest) { return callerOf(this, this[PRINCIPAL] ?? undefined) }
  })
  app.decorateRequest('anonymousCaller', {
    getter (this: FastifyRequest) { return callerOf(this, undefined) }
  })
}, { name: 'principal', dependencies: ['services', 'credentials', 'origin'] })
