import { readRestrictions } from '../../../policy/api-keys/restrictions.ts'
import type { PublicApiKey } from '../../../services/credentials/key-columns.ts'
import { type Column, formatDay } from '../../terminal/table.ts'
import { formatRateLimit } from '../../values/key-restrictions.ts'

export const keyColumns: Column[] = [
  'name', 'key', 'status', 'expires', 'last used', { wide: 'scopes' }, { wide: 'networks' }, { wide: 'limit' },
  { id: 'id' }
]

function statusOf ({ isActive, expiresAt, replacedById }: PublicApiKey, now: Date) {
  if (expiresAt && expiresAt <= now) return 'expired'
  if (!isActive) return 'inactive'
  return replacedById ? 'replaced' : 'active'
}

/** The first of several texts, and the number of the others. Empty without a restriction. */
function shorten (texts: readonly string[] | null): string {
  if (!texts) return ''
  const [first = 'none', ...others] = texts
  return others.length > 0 ? `${first} +${others.length}` : first
}

/** A key as a row of a table. Restrictions that a key does not have are empty. */
export function keyRow (key: PublicApiKey, now: Date): string[] {
  const { scopes, networks, rateLimit } = readRestrictions(key)
  return [
    key.name ?? '', `${key.prefix}…${key.suffix}`, statusOf(key, now), formatDay(key.expiresAt, 'never'),
    formatDay(key.lastUsedAt, 'never'), shorten(scopes), shorten(networks),
    rateLimit ? formatRateLimit(rateLimit) : '', key.id
  ]
}
