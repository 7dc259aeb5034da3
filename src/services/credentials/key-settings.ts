import { type FieldProblem, InvalidFields } from '../../errors.ts'
import type { RateLimit } from '../../policy/api-keys/rate-limits.ts'
import { readNetwork } from '../../policy/requests/cidr.ts'
import { type Scope, scopesOf } from '../../policy/grants.ts'
import type { RestrictionChanges } from '../../policy/api-keys/restrictions.ts'

type Holder = Readonly<{ isSuperuser: boolean }>

/** What a client asks for. An undefined member asks for no restriction, or for no change. */
export type AskedSettings = {
  expiresAt?: Date | undefined
  scopes?: readonly Scope[] | undefined
  /** Addresses and networks in CIDR notation, in any spelling. */
  networks?: readonly string[] | undefined
  rateLimit?: RateLimit | undefined
}

/** @returns the networks in their canonical spelling, each once */
function checkNetworks (networks: readonly string[], problems: FieldProblem[]): string[] {
  return [...new Set(networks.flatMap((text, index) => {
    const read = readNetwork(text)
    if ('network' in read) return [read.network]
    problems.push({ type: 'value_error', loc: ['body', 'allowed_networks', index], msg: read.problem })
    return []
  }))]
}

function checkScopes (owner: Holder, scopes: readonly Scope[], problems: FieldProblem[]): Scope[] {
  const own = scopesOf(owner)
  scopes.forEach((scope, index) => {
    if (own.includes(scope)) return
    const msg = `The account does not have the scope ${scope}; it has ${own.join(', ')}`
    problems.push({ type: 'value_error', loc: ['body', 'scopes', index], msg })
  })
  return [...new Set(scopes)]
}

/** Checks what a client asks for. @throws InvalidFields with every problem */
export function checkRestrictions (
  owner: Holder, { scopes, networks, rateLimit }: AskedSettings
): RestrictionChanges {
  const problems: FieldProblem[] = []
  const checked = {
    scopes: scopes && checkScopes(owner, scopes, problems),
    networks: networks && checkNetworks(networks, problems),
    rateLimit
  }
  if (problems.length > 0) throw new InvalidFields(problems)
  return checked
}
