import type {
  FastifyReply, FastifyRequest, onErrorHookHandler, onRequestHookHandler, onRouteHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import {
  Failure, HeaderCredentialRequired, MissingCredentials, SecretReadDisabled, SignupDisabled
} from '../../errors.ts'
import { credentialHint } from '../../policy/requests/credential-hints.ts'
import type { Grant } from '../../policy/grants.ts'
import type { Principal } from '../../services/access/principal.ts'
import { requireGrant } from '../../services/access/scopes.ts'
import { sendRemaining } from '../http/errors.ts'
import { isPromise, isUnauthorized, type MaybePromise, PRINCIPAL } from './principal.ts'

/**
 * What a route requires of a request. A grant requires a principal that holds it. Of the others, `nothing` does not
 * look at credentials, `nothing but valid credentials` also accepts requests without any, `sign-up` requires that
 * sign-up is open or that the principal is a superuser, and `an API key` accepts any valid key.
 */
export type Requirement = Grant | 'nothing' | 'nothing but valid credentials' | 'sign-up' | 'an API key'

declare module 'fastify' {
  interface FastifyInstance {
    /** Removes the cookies of a refresh token that was refused. */
    clearRefusedTokens: onErrorHookHandler
    /** For plugins that register routes for public files: declares that these routes require nothing. */
    requireNothing: onRouteHookHandler
  }
  interface FastifyContextConfig {
    /** Every route declares it. A route without it is refused with 500, so that none is open by mistake. */
    requires?: Requirement
  }
}

type Find = (request: FastifyRequest) => MaybePromise<Principal | undefined>
type Judge = (principal: Principal | undefined, request: FastifyRequest) => void

/** Codes of failures that get a hint about how the credential was sent. */
const explained = new Set(['invalid_token', 'invalid_api_key', 'missing_credentials'])

/** Adds to a failure a hint, or removes the access cookie that was refused. */
function refuse (error: unknown, request: FastifyRequest, reply: FastifyReply): Error {
  if (!(error instanceof Failure)) return error as Error // finders and judges throw errors only
  const { bearer, accessCookies, queryKey, headerKey } = request.credentials
  if (isUnauthorized(error) && bearer === undefined && accessCookies.length > 0) {
    reply.clearCookies('access')
    return error
  }
  if (!explained.has(error.kind.code)) return error
  const { authorization } = request.headers
  const hint = credentialHint({ authorization, bearer, apiKey: queryKey ?? headerKey })
  return hint === undefined ? error : error.withHint(hint)
}

/** Reports to a client with an API key how much of its rate limit is left, from half of it on. */
function sendState ({ credential }: Principal, reply: FastifyReply) {
  if (credential.kind !== 'api_key' || credential.rates.length === 0) return
  const { keyUse } = reply.server.services
  if (!keyUse.isLow(credential.rates)) return
  const { name, requests, resetSeconds } = keyUse.leftOf(credential.rates)
  sendRemaining(name, requests, resetSeconds, reply)
}

/** A hook that finds the principal and judges it. Without a promise if the principal is cached. */
function guard (find: Find, judge: Judge = () => {}): onRequestHookHandler {
  return (request, reply, done) => {
    const accept = (principal: Principal | undefined) => {
      request[PRINCIPAL] = principal ?? null
      judge(principal, request)
      if (principal) sendState(principal, reply)
    }
    try {
      const found = find(request)
      if (isPromise(found)) {
        found.then(accept).then(() => done(), error => done(refuse(error, request, reply)))
        return
      }
      accept(found)
    } catch (error) {
      done(refuse(error, request, reply))
      return
    }
    done()
  }
}

/** Refuses a route without `requires`. The hook `requireNothing` may have declared it after this guard was added. */
const refuseUndeclared: onRequestHookHandler = ({ routeOptions: { config, method, url } }, _reply, done) =>
  done(config.requires === undefined ? new Error(`${method} ${url} does not declare what it requires`) : undefined)

/** Decides for every route whether a request may use it, by the route's `config.requires`. */
export const authorizationPlugin = fp(async app => {
  const { config, principalFinder: { findKey, findOptional, findRequired } } = app

  /** Values are given to credentials that were sent deliberately, in a header. */
  const judgeSecretRead: Judge = (principal, { credentials }) => {
    const isByCookie = credentials.bearer === undefined && credentials.accessCookies.length > 0
    if (!config.enableSecretRead) throw new SecretReadDisabled()
    if (isByCookie || principal?.credential.kind === 'auto_login') throw new HeaderCredentialRequired()
  }

  /** A superuser creates an account, others sign up. */
  const judgeSignup: Judge = principal => {
    if (principal?.user.isSuperuser) requireGrant(principal, 'users:write')
    else if (!config.signupEnabled) throw new SignupDisabled()
  }

  const byGrant = (grant: Grant) => guard(findRequired, (principal, request) => {
    if (!principal) throw new MissingCredentials()
    requireGrant(principal, grant)
    if (grant === 'variables:reveal') judgeSecretRead(principal, request)
  })

  function guardOf (requirement: Requirement): onRequestHookHandler | undefined {
    switch (requirement) {
      case 'nothing': return undefined
      case 'nothing but valid credentials': return guard(findOptional)
      case 'sign-up': return guard(findOptional, judgeSignup)
      case 'an API key': return guard(findKey)
      default: return byGrant(requirement)
    }
  }

  app.addHook('onRoute', route => {
    const { requires } = route.config ?? {}
    const own = [route.onRequest ?? []].flat()
    const added = requires === undefined ? refuseUndeclared : guardOf(requires)
    if (added) route.onRequest = [added, ...own]
  })

  app.decorate('requireNothing', route => { route.config = { ...route.config, requires: 'nothing' } })
  app.decorate('clearRefusedTokens', async ({ credentials }, reply, error) => {
    if (isUnauthorized(error) && credentials.refreshCookies.length > 0) reply.clearCookies('tokens')
  })
}, { name: 'authorization', dependencies: ['principal'] })
