import { LIMIT_MAX } from '../../../policy/api-keys/bounds.ts'
import type { ApiKey } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import type { NewApiKey } from '../api-keys.ts'
import { type Holder, presetOf, scopesOfPreset } from '../scopes.ts'
import { networksOf } from './networks-field.tsx'
import type { PermissionValues } from './permission-field.tsx'
import type { RateLimitValues } from './rate-limit-field.tsx'

/** The restrictions of a key as the fields of a form. */
export type RestrictionValues = PermissionValues & RateLimitValues & { networks: string }

export type Restrictions = Pick<ApiKey, 'scopes' | 'allowed_networks' | 'rate_limit'>

export const toValues = (
  { scopes, allowed_networks: networks = [], rate_limit: rate }: Restrictions, holder: Holder
): RestrictionValues => ({
  permission: presetOf(scopes, holder),
  scopes: scopes ?? [],
  networks: networks.join('\n'),
  limit: rate ? String(rate.limit) : '',
  windowSeconds: rate?.window_seconds ?? 60
})

const limitOf = (text: string) => Number(text.replaceAll(/[\s,]/g, ''))

function limitProblem (text: string): string | undefined {
  if (text.trim() === '') return undefined
  const limit = limitOf(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return undefined
  return `Enter a whole number from 1 to ${LIMIT_MAX.toLocaleString('en')}`
}

/** @param existing the present restrictions: the server changes but does not remove them */
export const restrictionErrors = (
  { permission, scopes, networks, limit }: RestrictionValues, existing: Restrictions = {}
) => ({
  scopes: permission === 'chosen' && scopes.length === 0 ? 'Choose at least one' : undefined,
  networks: existing.allowed_networks && networksOf(networks).length === 0
    ? 'Networks can be changed but not removed. To permit every address, enter 0.0.0.0/0 and ::/0.'
    : undefined,
  limit: existing.rate_limit && limit.trim() === ''
    ? 'A limit can be changed but not removed'
    : limitProblem(limit)
})

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** The restrictions in the form of the API, without those that equal the existing ones. */
export function toRestrictions (
  { permission, scopes, networks, limit, windowSeconds }: RestrictionValues, holder: Holder, existing: Restrictions = {}
): Pick<NewApiKey, keyof Restrictions> {
  const asked: Restrictions = {
    scopes: permission === 'everything' ? undefined : [...scopesOfPreset(permission, holder) ?? scopes].sort(),
    allowed_networks: networksOf(networks).length === 0 ? undefined : networksOf(networks),
    rate_limit: limit.trim() === '' ? undefined : { limit: limitOf(limit), window_seconds: windowSeconds }
  }
  const names = Object.keys(asked) as Array<keyof Restrictions> // keys of the literal above
  return Object.fromEntries(names.filter(name => !isSame(asked[name], existing[name])).map(name => [name, asked[name]]))
}

/** The fields of a form at which the errors of the server are shown. */
export const restrictionFields = { scopes: 'scopes', allowed_networks: 'networks', rate_limit: 'limit' } as const

/** Names the network in the errors of networks. */
export function namingNetworks (failure: Error, { networks }: RestrictionValues): Error {
  if (!(failure instanceof ApiFailure)) return failure
  const sent = networksOf(networks)
  return new ApiFailure(failure.message, {
    ...failure,
    problems: failure.problems.map(problem => problem.field === 'allowed_networks' && problem.item !== undefined
      ? { ...problem, message: `${sent[problem.item]}: ${problem.message}` }
      : problem)
  })
}
