import { AccessRefused, AppNotFound, type Failure, ForeignOrigin, SignInRequired } from '../../errors.ts'
import {
  type AccessRule, type AccessRules, type AppRequest, type IdentityHeaders, urlOf
} from '../../policy/access-rules/rules.ts'
import type { AppCredentials } from '../../policy/forward-auth/app-credentials.ts'
import { readHost } from '../../policy/requests/host-addresses.ts'
import { isFromOwnPage, type PageHeaders, safeMethods } from '../../policy/requests/origins.ts'
import type { Caller, Principal } from '../access/principal.ts'
import { scopeChallenge } from '../access/scopes.ts'
import type { EventSink } from '../audit/sink.ts'
import { describeUser, scopeOf } from '../tokens/claims.ts'
import type { IdentityTokens } from '../tokens/identity-tokens.ts'
import type { AppPrincipals, Found } from './app-principals.ts'
import { isOpen, noRule, type Reason, reasonsAgainst } from './reasons.ts'

/**
 * What an app learns about the account, and the names of the headers that carry it. Empty without an account. `token`
 * is undefined if the rule has no audience.
 */
export type AppIdentity = Readonly<{
  names: IdentityHeaders
  user: string
  userId: string
  groups: string
  scopes: string
  token: string | undefined
}>

/** A request to an app with everything that decides about it. */
export type AppVisit = {
  request: AppRequest
  credentials: AppCredentials
  page: PageHeaders
  /** A browser opens a page: it can renew its session on the sign-in page. */
  navigates: boolean
  isBrowser: boolean
  opensWebSocket: boolean
}

/** Whether an account may open a URL with GET, and why not. */
export type UrlAccess = { url: string, isAllowed: boolean, reasons: Reason[] }

/** The access rules in use. Undefined: no app is protected. */
export type CurrentRules = () => AccessRules | undefined

type Dependencies = {
  currentRules: CurrentRules
  appPrincipals: AppPrincipals
  identityTokens: IdentityTokens
  events: EventSink
  publicUrl: string
}

const anonymous = { user: '', userId: '', groups: '', scopes: '' }

function refused (reasons: Reason[]) {
  const scopes = reasons.flatMap(({ scope }) => scope ?? [])
  return new AccessRefused(reasons.map(({ text }) => text).join(' '), {
    ...scopes.length > 0 && { challenge: scopeChallenge(scopes.join(' ')) }
  })
}

/** For programs. In a browser, Basic would open its password dialog. */
const PROGRAM_CHALLENGE = 'Bearer, Basic realm="Flowgate", charset="UTF-8"'

/** A refused credential is answered like a missing one. Its events are recorded. */
const signInRequired = (refusal: Failure | undefined, isBrowser: boolean) => new SignInRequired(refusal?.message, {
  ...refusal && { events: refusal.events, hint: refusal.hint, cause: refusal },
  ...!isBrowser && { challenge: PROGRAM_CHALLENGE }
})

/** Decides who may use the apps behind the proxies that ask, by the access rules. */
export function createProtectedApps (
  { currentRules, appPrincipals, identityTokens, events, publicUrl }: Dependencies
) {
  /**
   * The identities of the principals that a rule lets in. A principal is cached for a second at most, so the decision
   * is, too.
   */
  const admitted = new WeakMap<Principal, Map<AccessRule, AppIdentity>>()

  async function describe (
    caller: Caller<Principal>, { audience }: AccessRule, names: IdentityHeaders
  ): Promise<AppIdentity> {
    const { sub, preferred_username: user, groups } = describeUser(caller.actor)
    const token = audience === undefined ? undefined : (await identityTokens.issue(caller, { audience })).token
    return { names, user, userId: sub, groups: groups.join(','), scopes: scopeOf(caller.actor.grants), token }
  }

  /** Decides about a principal, and describes it. @throws AccessRefused */
  async function admitPrincipal (
    caller: Caller<Principal>, rules: readonly [AccessRule, ...AccessRule[]], names: IdentityHeaders
  ): Promise<AppIdentity> {
    const reasons = reasonsAgainst(rules, caller.actor)
    if (reasons.length > 0) throw refused(reasons)
    const [rule] = rules
    const identity = await describe(caller, rule, names)
    // A decision by two rules is rare, and not cached.
    if (rules.length === 1) {
      const known = admitted.get(caller.actor)
      if (known) known.set(rule, identity)
      else admitted.set(caller.actor, new Map([[rule, identity]]))
    }
    return identity
  }

  /**
   * A browser sends cookies with requests of every page, so a change must come from a page of the app (cross-site
   * request forgery), and a WebSocket as well (cross-site WebSocket hijacking).
   */
  function isForged (
    { request: { method, host }, page, opensWebSocket }: AppVisit, { isByCookie }: Found, { origins }: AccessRule
  ) {
    const isChange = opensWebSocket || !safeMethods.has(method)
    // Without a port, a page on any port of the host would be the app's own (host-addresses.ts).
    const app = { name: host.name, port: host.port || '443' }
    return isByCookie && isChange && !isFromOwnPage(page, app, origins)
  }

  /** The rules of a URL and its request. http is for servers whose own address is http. */
  function readUrl (text: string, rules: AccessRules): AppRequest {
    const url = /^https?:\/\/[^\\\s]+$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
    const host = url && readHost(url.host)
    const isSafe = url?.protocol === 'https:' || publicUrl.startsWith('http:')
    const isPlain = url?.username === '' && url.password === ''
    if (!url || !host || !isSafe || !isPlain || !rules.hasHost(host)) throw new AppNotFound()
    const scheme = url.protocol === 'https:' ? 'https' : 'http'
    return { method: 'GET', scheme, host, target: url.pathname + url.search }
  }

  return {
    /** Whether there are access rules. */
    areProtected: () => currentRules() !== undefined,

    /**
     * Decides about a request.
     * @returns what the app learns about the account
     * @throws SignInRequired, AccessRefused or ForeignOrigin
     */
    async admit (visit: AppVisit, caller: Caller<undefined>): Promise<AppIdentity> {
      const current = currentRules()
      const rules = current?.find(visit.request)
      if (!current || !rules) throw refused([noRule])
      const mayBeAnonymous = isOpen(rules)
      // After the sign-in page renewed the session, a page can be opened again. A form cannot be sent again.
      const renews = visit.navigates && safeMethods.has(visit.request.method)
      const finding = appPrincipals.find(visit.credentials, {
        acceptsRefresh: mayBeAnonymous || !renews, address: caller.address
      })
      const found = finding instanceof Promise ? await finding : finding
      const [rule, other] = rules
      const isForeign = isForged(visit, found, rule)
      if (!found.principal || isForeign) {
        if (mayBeAnonymous) {
          if (found.refusal) events.recordRefusal(caller, found.refusal)
          return { names: current.headers, ...anonymous, token: rule.audience === undefined ? undefined : '' }
        }
        if (isForeign) throw new ForeignOrigin('A page of another origin sent the request')
        throw signInRequired(found.refusal, visit.isBrowser)
      }
      const known = other ? undefined : admitted.get(found.principal)?.get(rule)
      return known ?? admitPrincipal({ ...caller, actor: found.principal }, rules, current.headers)
    },

    /**
     * Whether an account may open a URL. Links and redirects lead only to URLs that this accepts.
     * @throws AppNotFound unless a rule names the host of the URL
     */
    examine (text: string, principal: Principal): UrlAccess {
      const rules = currentRules()
      if (!rules) throw new AppNotFound()
      const request = readUrl(text, rules)
      const found = rules.find(request)
      const reasons = found ? reasonsAgainst(found, principal) : [noRule]
      return { url: urlOf(request), isAllowed: reasons.length === 0, reasons }
    }
  }
}

export type ProtectedApps = ReturnType<typeof createProtectedApps>
