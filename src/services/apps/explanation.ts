import type { PublicUser } from '../../db.ts'
import type { AccessRule, AccessRules, AppRequest } from '../../policy/access-rules/rules.ts'
import { type HostAndPort, readHost, writeHost } from '../../policy/requests/host-addresses.ts'
import { grantsOf } from '../../policy/grants.ts'
import type { Principal } from '../access/principal.ts'
import { isOpen, noRule, type Reason, reasonsAgainst } from './reasons.ts'

/** Why a request passes or not. `lines` are those of the rules that decide. */
export type Explanation = {
  decision: 'allowed' | 'sign_in_required' | 'refused'
  lines: number[]
  reasons: Reason[]
  /** The audience of the identity token that the app receives. */
  audience: string | undefined
}

/**
 * Reads a URL for an explanation. The path is not normalized.
 * @returns undefined if the text is no http or https URL
 */
export function readRequest (method: string, url: string): AppRequest | undefined {
  const [, scheme, authority = '', target = ''] = /^(https?):\/\/([^/?#\s]+)([^#\s]*)$/i.exec(url) ?? []
  const host: HostAndPort | undefined = readHost(authority)
  if (scheme === undefined || !host || !/^[a-z-]+$/i.test(method)) return undefined
  return {
    method: method.toUpperCase(),
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    host,
    target: target.startsWith('/') ? target : `/${target}`
  }
}

/** An account that has signed in with its password a moment ago. */
const signedIn = (user: PublicUser): Principal => ({
  user,
  credential: { kind: 'session', id: '', method: 'password', authenticatedAt: new Date(), expiresAt: new Date() },
  grants: grantsOf(user)
})

/** Explains the decision about a request of an account, or of a client without a credential. */
export function explain (rules: AccessRules, request: AppRequest, user: PublicUser | undefined): Explanation {
  const found = rules.find(request)
  if (!found) return { decision: 'refused', lines: [], reasons: [noRule], audience: undefined }
  const lines = found.map(({ line }) => line)
  if (!user || !user.isActive) {
    return { decision: isOpen(found) ? 'allowed' : 'sign_in_required', lines, reasons: [], audience: undefined }
  }
  const reasons = reasonsAgainst(found, signedIn(user))
  return reasons.length > 0
    ? { decision: 'refused', lines, reasons, audience: undefined }
    : { decision: 'allowed', lines, reasons, audience: found[0].audience }
}

/** Whom a rule lets in, in words. */
export function describeAllow ({ allow }: AccessRule): string {
  if (allow === 'anyone') return 'anyone'
  const { accounts, groups, scopes, secondFactor } = allow
  const who = [...accounts, ...groups]
  return [
    who.length === 0 ? 'signed-in' : who.join(', '),
    ...scopes.length > 0 ? [`scopes ${scopes.join(' ')}`] : [],
    ...secondFactor ? ['second factor'] : []
  ].join('; ')
}

/** The hosts, paths and methods of a rule, as the file has them. */
export const describeRule = ({ hosts, paths, methods }: AccessRule) => ({
  hosts: hosts.map(({ name, isWildcard, port }) => `${isWildcard ? '*.' : ''}${writeHost({ name, port })}`),
  paths: paths?.map(({ exact, isPrefix }) => isPrefix ? `${exact}/*` : exact),
  methods: methods && [...methods]
})
