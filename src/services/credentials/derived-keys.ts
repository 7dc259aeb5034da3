import type { Transaction } from '../../db.ts'
import { InvalidApiKey, StrongerApiKey } from '../../errors.ts'
import {
  excessOf, type KeyRestrictions, meetRestrictions, readRestrictions, type StoredRestrictions, writeRestrictions
} from '../../policy/api-keys/restrictions.ts'
import type { ApiKeyCredential } from '../access/principal.ts'
import { restrictionColumns, type StoredKey } from './key-columns.ts'

/** The API key of a request, read from the database. */
export type ActingKey = KeyRestrictions & { id: string, expiresAt: Date | null }

/** What a change does to the access of a key. */
type AccessChange = { isActive?: boolean | undefined, expiresAt?: Date | undefined, after: KeyRestrictions }

/**
 * The expiry of a key that another key creates: the requested one, but not later than its creator's.
 * @throws StrongerApiKey if the requested expiry is later
 */
export function expiryWithin (
  { expiresAt: limit }: Pick<ActingKey, 'expiresAt'>, expiresAt: Date | undefined
): Date | undefined {
  if (limit && expiresAt && expiresAt > limit) {
    throw new StrongerApiKey(`The API key of the request expires at ${limit.toISOString()}, before the other one`)
  }
  return expiresAt ?? limit ?? undefined
}

/** @throws StrongerApiKey if the restrictions permit more than the key has */
export function requireWithin (actingKey: ActingKey, restrictions: KeyRestrictions): void {
  const excess = excessOf(restrictions, actingKey)
  if (excess.length > 0) throw new StrongerApiKey(`The API key of the request does not have ${excess.join(', ')}`)
}

/**
 * An API key may reduce the access of every key of its account, and extend only that of keys it created.
 * @throws StrongerApiKey
 */
export function requireDerived (
  actingKey: ActingKey, key: StoredKey, { isActive, expiresAt, after }: AccessChange
): void {
  expiryWithin(actingKey, expiresAt)
  const isExtended = (isActive === true && !key.isActive) || excessOf(after, readRestrictions(key)).length > 0 ||
    (expiresAt !== undefined && key.expiresAt !== null && expiresAt > key.expiresAt)
  if (!isExtended) return
  if (key.madeById !== actingKey.id) throw new StrongerApiKey()
  requireWithin(actingKey, after)
}

/**
 * An API key may rotate itself and the keys that it created, unless a person has given them more than it has.
 * @throws StrongerApiKey
 */
export function requireOwn (actingKey: ActingKey, key: StoredKey): void {
  if (key.id === actingKey.id) return
  if (key.madeById !== actingKey.id) {
    throw new StrongerApiKey('An API key rotates only itself and the keys that it created')
  }
  requireWithin(actingKey, readRestrictions(key))
  if (actingKey.expiresAt && (!key.expiresAt || key.expiresAt > actingKey.expiresAt)) {
    throw new StrongerApiKey('The API key expires later than the API key of the request')
  }
}

/**
 * Reads the API key of the request again, because the cached one may be a second old. The account must be locked, so
 * that a change of the key waits.
 * @throws InvalidApiKey if the key was deleted or deactivated
 */
export async function currentKey (tx: Transaction, { id }: Pick<ApiKeyCredential, 'id'>): Promise<ActingKey> {
  const key = await tx.apiKey.findFirst({
    where: { id, isActive: true }, select: { expiresAt: true, ...restrictionColumns }
  })
  if (!key) throw new InvalidApiKey()
  return { ...readRestrictions(key), id, expiresAt: key.expiresAt }
}

/**
 * Reduces the access of all keys that a key created, directly or through other keys: they are deactivated with it,
 * expire no later, and are restricted at least as much.
 */
export async function limitDerived (tx: Transaction, key: StoredKey): Promise<void> {
  const { id, isActive, expiresAt } = key
  const derived = await tx.$queryRaw<Array<{ id: string }>>`
    WITH RECURSIVE made AS (
      SELECT id FROM api_keys WHERE made_by_id = ${id}::uuid
      UNION SELECT k.id FROM api_keys k JOIN made ON k.made_by_id = made.id
    )
    UPDATE api_keys SET is_active = is_active AND ${isActive}, expires_at = LEAST(expires_at, ${expiresAt}::timestamptz)
    WHERE id IN (SELECT id FROM made) RETURNING id`
  const limits = readRestrictions(key)
  const rows = await tx.apiKey.findMany({
    where: { id: { in: derived.map(each => each.id) } }, select: { id: true, ...restrictionColumns }
  })
  /** The keys that get the same restrictions, by these. */
  const groups = new Map<string, { ids: string[], columns: StoredRestrictions }>()
  for (const row of rows) {
    const restrictions = readRestrictions(row)
    if (excessOf(restrictions, limits).length === 0) continue
    const columns = writeRestrictions(meetRestrictions(restrictions, limits))
    const place = JSON.stringify(columns)
    const group = groups.get(place) ?? { ids: [], columns }
    group.ids.push(row.id)
    groups.set(place, group)
  }
  for (const { ids, columns: { scopes, allowedNetworks, rateLimit, rateWindowSeconds } } of groups.values()) {
    await tx.$executeRaw`
      UPDATE api_keys SET scopes = ${scopes}, allowed_networks = ${allowedNetworks}, rate_limit = ${rateLimit}::int,
        rate_window_seconds = ${rateWindowSeconds}::int,
        rate_counter_id = CASE WHEN ${rateLimit}::int IS NOT NULL THEN COALESCE(rate_counter_id, gen_random_uuid()) END
      WHERE id = ANY(${ids}::uuid[])`
  }
}
