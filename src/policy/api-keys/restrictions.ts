import { isInside, overlapOf } from '../requests/cidr.ts'
import { meetLimits, type RateLimit, isLimitWithin } from './rate-limits.ts'
import { isScope, type Scope } from '../grants.ts'

/** What an API key is limited to. Null: no limit of this kind. */
export type KeyRestrictions = Readonly<{
  scopes: readonly Scope[] | null
  /** In CIDR notation, in their canonical spelling. */
  networks: readonly string[] | null
  rateLimit: RateLimit | null
}>

/** The restrictions of a key that has none. */
export const unrestricted: KeyRestrictions = { scopes: null, networks: null, rateLimit: null }

/** The restrictions as the columns of an API key. */
export type StoredRestrictions = {
  scopes: string | null, allowedNetworks: string | null, rateLimit: number | null, rateWindowSeconds: number | null
}

const split = (text: string) => text === '' ? [] : text.split(' ')

/** Reads the columns. A scope of a newer version is ignored, which permits less. */
export const readRestrictions = (
  { scopes, allowedNetworks, rateLimit: limit, rateWindowSeconds: windowSeconds }: StoredRestrictions
): KeyRestrictions => ({
  scopes: scopes === null ? null : split(scopes).filter(isScope),
  networks: allowedNetworks === null ? null : split(allowedNetworks),
  rateLimit: limit === null || windowSeconds === null ? null : { limit, windowSeconds }
})

export const writeRestrictions = ({ scopes, networks, rateLimit }: KeyRestrictions): StoredRestrictions => ({
  scopes: scopes && [...scopes].sort().join(' '),
  allowedNetworks: networks && networks.join(' '),
  rateLimit: rateLimit && rateLimit.limit,
  rateWindowSeconds: rateLimit && rateLimit.windowSeconds
})

/** Restrictions that take the place of others. An undefined member keeps them. */
export type RestrictionChanges = { [Name in keyof KeyRestrictions]?: NonNullable<KeyRestrictions[Name]> | undefined }

/** The restrictions after a change. */
export const changeRestrictions = (before: KeyRestrictions, changes: RestrictionChanges): KeyRestrictions => ({
  scopes: changes.scopes ?? before.scopes,
  networks: changes.networks ?? before.networks,
  rateLimit: changes.rateLimit ?? before.rateLimit
})

/** What the first restrictions permit and the others do not, in words; empty if the others permit everything. */
export function excessOf (key: KeyRestrictions, limits: KeyRestrictions): string[] {
  const { scopes, networks, rateLimit } = key
  const excess: string[] = []
  if (limits.scopes !== null) {
    const more = scopes?.filter(scope => !limits.scopes?.includes(scope))
    if (!more) excess.push('every scope')
    else if (more.length > 0) excess.push(`the scopes ${more.join(' ')}`)
  }
  if (limits.networks !== null) {
    const more = networks?.filter(network => !isInside(network, limits.networks ?? []))
    if (!more) excess.push('every network')
    else if (more.length > 0) excess.push(`the networks ${more.join(' ')}`)
  }
  if (!isLimitWithin(rateLimit, limits.rateLimit)) excess.push('a higher rate limit')
  return excess
}

const meet = <T>(one: T | null, other: T | null, both: (one: T, other: T) => T): T | null =>
  one === null ? other : other === null ? one : both(one, other)

/** The restrictions that permit what both permit. */
export const meetRestrictions = (one: KeyRestrictions, other: KeyRestrictions): KeyRestrictions => ({
  scopes: meet(one.scopes, other.scopes, (some, others) => some.filter(scope => others.includes(scope))),
  networks: meet(one.networks, other.networks, overlapOf),
  rateLimit: meet(one.rateLimit, other.rateLimit, meetLimits)
})
