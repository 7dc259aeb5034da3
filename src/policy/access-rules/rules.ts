import { LRUCache } from 'lru-cache'
import { type HostAndPort, writeHost } from '../requests/host-addresses.ts'
import { canonicalHost, type HostPattern, matchesHost } from './hosts.ts'
import { type PathPattern, readPath } from './paths.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'

/**
 * What a rule requires of a signed-in account. It must be one of `accounts` or in one of `groups`, if the rule names
 * any, and have all `scopes`.
 */
export type Requirements = Readonly<{
  /** The keys of the usernames (policy/usernames.ts). */
  accounts: readonly string[]
  groups: readonly string[]
  scopes: readonly string[]
  secondFactor: boolean
}>

/** Who may use which addresses of which apps. */
export type AccessRule = Readonly<{
  /** The line of the file, from 1. */
  line: number
  hosts: readonly HostPattern[]
  /** Undefined: every path. */
  paths: readonly PathPattern[] | undefined
  /** In upper case. Undefined: every method. */
  methods: ReadonlySet<string> | undefined
  allow: 'anyone' | Requirements
  /** Origins besides that of the app whose pages may send changes with a cookie. */
  origins: ReadonlySet<string>
  /** The audience of the identity token that the app receives. */
  audience: string | undefined
}>

/** The names of the headers that the app receives. */
export type IdentityHeaders =
  Readonly<{ user: string, userId: string, groups: string, scopes: string, token: string }>

export const defaultHeaders: IdentityHeaders = {
  user: 'Remote-User',
  userId: 'Remote-User-Id',
  groups: 'Remote-Groups',
  scopes: 'Remote-Scopes',
  token: 'Authorization'
}

/** A request to an app. `target` is its path with the query (RFC 9112, 3.2.1). */
export type AppRequest =
  Readonly<{ method: string, scheme: 'http' | 'https', host: HostAndPort, target: string }>

/** The URL of a request. */
export const urlOf = ({ scheme, host, target }: AppRequest): string => `${scheme}://${writeHost(host)}${target}`

export type AccessRules = {
  headers: IdentityHeaders
  rules: readonly AccessRule[]
  /** Whether a rule names the host. */
  hasHost: (host: HostAndPort) => boolean
  /**
   * The rules that decide about a request: the first one that matches. If the path can be read in two ways, the first
   * one of each reading; the request must satisfy both. Undefined if a reading matches no rule.
   */
  find: (request: AppRequest) => readonly [AccessRule, ...AccessRule[]] | undefined
}

/** Hosts whose rules are cached. */
const HOSTS_MAX = 1000

const pathOf = (target: string) => {
  const end = target.indexOf('?')
  return end === -1 ? target : target.slice(0, end)
}

/** Compiles rules. Rules of other hosts, and of other first segments of the path, cost a decision nothing. */
export function compileRules (rules: readonly AccessRule[], headers: IdentityHeaders): AccessRules {
  const byHost = new LRUCache<string, RuleIndex<AccessRule>>({ max: HOSTS_MAX })

  function indexOf (host: HostAndPort): RuleIndex<AccessRule> {
    const place = writeHost(host)
    const known = byHost.get(place)
    if (known) return known
    const spelled = canonicalHost(host)
    const index = indexRules(rules.filter(({ hosts }) => hosts.some(pattern => matchesHost(pattern, spelled))))
    byHost.set(place, index)
    return index
  }

  return {
    headers,
    rules,
    hasHost: host => !indexOf(host).isEmpty,

    find ({ method, host, target }) {
      const path = readPath(pathOf(target))
      if (!path) return undefined
      const { byExactPath, byLenientPath } = indexOf(host)
      const one = byExactPath(method, path.exact)
      const other = byLenientPath(method, path.lenient)
      if (!one || !other) return undefined
      return one === other ? [one] : [one, other]
    }
  }
}
