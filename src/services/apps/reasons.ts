import type { AccessRule, Requirements } from '../../policy/access-rules/rules.ts'
import { usernameKey } from '../../policy/usernames.ts'
import type { Principal } from '../access/principal.ts'
import { APPS_SCOPE } from '../../policy/grants.ts'
import { describeCredential, describeUser } from '../tokens/claims.ts'

/** Why an account may not open an address. `text` is for people. `scope` is the one that the credential lacks. */
export type Reason = {
  code: 'no_rule' | 'superuser' | 'account' | 'scope' | 'second_factor', text: string, scope?: string
}

/** No rule matches the address. */
export const noRule: Reason = { code: 'no_rule', text: 'No access rule allows this address.' }

/** RFC 8176, 2: the authentication used several factors. */
const MULTIPLE_FACTORS = 'mfa'

function accountReason ({ accounts, groups }: Requirements, principal: Principal): Reason | undefined {
  if (accounts.length === 0 && groups.length === 0) return undefined
  const user = describeUser(principal)
  if (accounts.includes(usernameKey(user.preferred_username)) || groups.some(group => user.groups.includes(group))) {
    return undefined
  }
  return accounts.length === 0
    ? { code: 'superuser', text: 'Only superusers may open it.' }
    : { code: 'account', text: 'The account is not one of those that may open it.' }
}

function reasonsOf ({ allow }: AccessRule, principal: Principal): Reason[] {
  if (allow === 'anyone') return []
  const held: ReadonlySet<string> = principal.grants
  const missing = [APPS_SCOPE, ...allow.scopes].filter(scope => !held.has(scope))
  const account = accountReason(allow, principal)
  const lacksFactor = allow.secondFactor &&
    !describeCredential(principal).claims.amr?.includes(MULTIPLE_FACTORS)
  return [
    ...(account ? [account] : []),
    ...missing.map(scope => (
      { code: 'scope', text: `The credential does not have the scope ${scope}.`, scope } as const
    )),
    ...(lacksFactor ? [{ code: 'second_factor', text: 'It requires a sign-in with a second factor.' } as const] : [])
  ]
}

/** Whether a request without a credential may pass. */
export const isOpen = (rules: readonly AccessRule[]): boolean => rules.every(({ allow }) => allow === 'anyone')

/** What the account of a principal lacks to satisfy all rules; empty if it satisfies them. */
export function reasonsAgainst (rules: readonly AccessRule[], principal: Principal): Reason[] {
  const reasons = rules.flatMap(rule => reasonsOf(rule, principal))
  return reasons.filter(({ text }, index) => reasons.findIndex(other => other.text === text) === index)
}
