import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import {
  AccessRefused, AccessRulesMissing, ApiKeyLimitReached, Failure, ForwardedHeadersMissing, SignInRequired,
  UntrustedProxy
} from '../../errors.ts'
import { type AppRequest, urlOf } from '../../policy/access-rules/rules.ts'
import { appCredentialHint } from '../../policy/forward-auth/app-credential-hint.ts'
import { type AppCredentials, readAppCredentials } from '../../policy/forward-auth/app-credentials.ts'
import { type ClientKind, readClient } from '../../policy/forward-auth/clients.ts'
import { createCookieReach } from '../../policy/forward-auth/cookie-reach.ts'
import { type Adapter, adapters } from '../../policy/forward-auth/questions.ts'
import { safeMethods } from '../../policy/requests/origins.ts'
import type { AppIdentity } from '../../services/apps/protected-apps.ts'
import { ISSUER } from '../../services/sign-in/tokens.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE, STORE_KEY_COOKIE } from '../guard/cookies.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** A handler that answers the questions of a kind of proxy. */
    answerProxy: (kind: keyof typeof adapters) => RouteHandlerMethod
  }
}

const cookies =
  { access: ACCESS_COOKIE, refresh: REFRESH_COOKIE, all: [ACCESS_COOKIE, REFRESH_COOKIE, STORE_KEY_COOKIE] }

const AUTHORIZATION = 'authorization'

/** A longer URL would not fit into the buffers of proxies. */
const NEXT_LENGTH_MAX = 2000

/** nginx fetches the answer for the client also if it refuses the request itself, e.g. by `deny`. */
const ALLOWED_BY_RULES =
  'The access rules allow this request. The proxy refused it, or access was granted a moment ago.'

/** A text as UTF-8 in a header value (RFC 9110, 5.5: obs-text). */
const headerValue = (text: string) => relayed(Buffer.from(text).toString('latin1'))

/** A value that arrived in a header. Node.js accepts characters there that it refuses to send. */
function relayed (text: string) {
  return text === '' ? text : text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}

/** nginx passes on 401 and 403 only. It sends Retry-After back when it fetches the answer for the client. */
const asForbidden = ({ message, retryAfterSeconds = 1 }: Failure) => new AccessRefused(message, { retryAfterSeconds })

/** The Retry-After of the refusal whose answer nginx fetches. */
const REFUSED_RETRY_AFTER = 'x-flowgate-retry-after'

/** A request of a proxy, as it was understood. */
type Question = { asked: AppRequest, client: ClientKind, credentials: AppCredentials, adapter: Adapter }

/** `app.answerProxy`: the HTTP of forward-auth. services/apps/protected-apps.ts decides. */
export const forwardAuthPlugin = fp(async app => {
  const { config, services: { protectedApps } } = app
  const cookieReaches = createCookieReach(config)
  const own = { cookies, issuers: [ISSUER, config.publicUrl] }

  function read (request: FastifyRequest, adapter: Adapter): AppRequest {
    const { raw, reached } = request
    // Proxies replace X-Forwarded-Host. Most of them pass on an X-Forwarded-Port in which a client names another app.
    const { scheme, namedHost: host } = reached
    if (!reached.isByProxy) {
      throw new UntrustedProxy(undefined, { hint: `Add ${reached.address ?? 'its address'} to LANGFLOW_TRUSTED_PROXIES.` })
    }
    if (!protectedApps.areProtected()) throw new AccessRulesMissing()
    const found = adapter.read({
      method: request.method, target: request.url, headers: raw.headers, rawHeaders: raw.rawHeaders, scheme, host
    })
    if (typeof found === 'string') throw new ForwardedHeadersMissing(found)
    return found
  }

  /** Where a browser is sent instead; undefined for programs, and where the browser would come back at once. */
  function redirectFor (failure: Failure, { asked, client, credentials, adapter }: Question): string | undefined {
    // The pages of the console know the account of the session, not that of an API key.
    const isByKey = credentials.apiKey !== undefined
    if (adapter.passesOn === 'status' || !client.navigates || isByKey) return undefined
    const whole = urlOf(asked)
    const url = encodeURIComponent(whole.length > NEXT_LENGTH_MAX ? urlOf({ ...asked, target: '/' }) : whole)
    // The no-access page is about opening the URL. A form may be refused where the page is allowed.
    if (failure instanceof AccessRefused) {
      return safeMethods.has(asked.method) ? `${config.publicUrl}/no-access?to=${url}` : undefined
    }
    const canReturn = failure instanceof SignInRequired && cookieReaches(asked.host)
    return canReturn ? `${config.publicUrl}/login?next=${url}` : undefined
  }

  /** Sends a redirect, or throws the failure for the error handler. */
  function refuse (error: unknown, question: Question, reply: FastifyReply): FastifyReply {
    if (!(error instanceof Failure)) throw error
    const location = redirectFor(error, question)
    if (location !== undefined) return reply.headers(app.dataHeaders).redirect(location, 302)
    if (question.adapter.passesOn === 'status' && error.kind.status === 429) throw asForbidden(error)
    if (!(error instanceof SignInRequired)) throw error
    const { authorization, 'x-api-key': apiKey } = reply.request.headers
    const hint = error.hint ?? appCredentialHint({ authorization, apiKey: apiKey?.toString() })
    throw hint === undefined ? error : error.withHint(hint)
  }

  /** The headers about an account are the same for all its requests. */
  const identityHeaders = new WeakMap<AppIdentity, Record<string, string>>()

  function headersOf (identity: AppIdentity): Record<string, string> {
    const known = identityHeaders.get(identity)
    if (known) return known
    const { names } = identity
    const token = identity.token ? `Bearer ${identity.token}` : ''
    const isReplaced = identity.token !== undefined || names.token.toLowerCase() !== AUTHORIZATION
    const headers = {
      [names.user]: headerValue(identity.user),
      [names.userId]: identity.userId,
      [names.groups]: headerValue(identity.groups),
      [names.scopes]: identity.scopes,
      // Without an audience, the app receives its own Authorization header.
      ...(isReplaced ? { [names.token.toLowerCase()]: token } : {})
    }
    identityHeaders.set(identity, headers)
    return headers
  }

  function sendIdentity (reply: FastifyReply, identity: AppIdentity, { remaining }: AppCredentials) {
    const headers = headersOf(identity)
    reply.headers(headers)
      .header('cookie', relayed(remaining.cookie())).header('x-api-key', relayed(remaining.apiKey()))
    if (!(AUTHORIZATION in headers)) reply.header(AUTHORIZATION, relayed(remaining.authorization()))
    return reply.send()
  }

  app.decorate('answerProxy', kind => {
    const adapter: Adapter = adapters[kind]
    return async (request, reply) => {
      const { headers } = request
      const asked = read(request, adapter)
      const client = readClient(headers, asked.method)
      const credentials = readAppCredentials(headers, own)
      const question = { asked, client, credentials, adapter }
      // Another decision could be a different one, because the rate limit permits more requests with every moment.
      const retryAfterSeconds = Number(headers[REFUSED_RETRY_AFTER])
      if (adapter.passesOn === 'whole' && retryAfterSeconds > 0) {
        throw new ApiKeyLimitReached(undefined, { retryAfterSeconds })
      }
      let identity: AppIdentity
      try {
        identity = await protectedApps.admit(
          { request: asked, credentials, page: headers, ...client }, request.anonymousCaller)
      } catch (error) {
        return refuse(error, question, reply)
      }
      if (adapter.passesOn !== 'whole') return sendIdentity(reply, identity, credentials)
      // The no-access page returns to the app, but only once. A redirect to the app could loop.
      const failure = new AccessRefused(ALLOWED_BY_RULES)
      if (identity.userId === '') throw failure
      return refuse(failure, question, reply)
    }
  })
}, { name: 'forward-auth', dependencies: ['services', 'forwarded', 'principal', 'cookies', 'security'] })
