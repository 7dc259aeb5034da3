import type { Transaction } from '../../db.ts'
import { InvalidApiKey, StrongerApiKey } from '../../errors.ts'
import type { ApiKeyCredential } from '../access/principal.ts'

/** The API key of the request. */
type ActingKey = Pick<ApiKeyCredential, 'id' | 'expiresAt'>
/** A key as it is stored. */
type StoredKey = { id: string, isActive: boolean, expiresAt: Date | null, madeById: string | null }
/** What a change does to the access of a key. */
type AccessChange = { isActive?: boolean | undefined, expiresAt?: Date | undefined }

/**
 * The expiry of a key that another key creates: the requested one, but not later than its creator's.
 * @throws StrongerApiKey if the requested expiry is later
 */
export function expiryWithin ({ expiresAt: limit }: ActingKey, expiresAt: Date | undefined): Date | undefined {
  if (limit && expiresAt && expiresAt > limit) throw new StrongerApiKey()
  return expiresAt ?? limit ?? undefined
}

/**
 * An API key may reduce the access of every key of its account, and extend only that of keys it created.
 * @throws StrongerApiKey
 */
export function requireDerived (actingKey: ActingKey, key: StoredKey, change: AccessChange): void {
  const { isActive, expiresAt } = change
  expiryWithin(actingKey, expiresAt)
  const isExtended = (isActive === true && !key.isActive) ||
    (expiresAt !== undefined && key.expiresAt !== null && expiresAt > key.expiresAt)
  if (isExtended && key.madeById !== actingKey.id) throw new StrongerApiKey()
}

/**
 * Reads the API key of the request again, because the cached one may be a second old. The account must be locked, so
 * that a change of the key waits.
 * @throws InvalidApiKey if the key was deleted or deactivated
 */
export async function currentKey (tx: Transaction, { id }: ActingKey): Promise<ActingKey> {
  const key = await tx.apiKey.findFirst({ where: { id, isActive: true }, select: { id: true, expiresAt: true } })
  if (!key) throw new InvalidApiKey()
  return key
}

/**
 * Reduces the access of all keys that a key created, directly or through other keys: they are deactivated with it, and
 * expire no later.
 */
export async function limitDerived (tx: Transaction, { id, isActive, expiresAt }: StoredKey): Promise<void> {
  await tx.$executeRaw`
    WITH RECURSIVE made AS (
      SELECT id FROM api_keys WHERE made_by_id = ${id}::uuid
      UNION SELECT k.id FROM api_keys k JOIN made ON k.made_by_id = made.id
    )
    UPDATE api_keys SET is_active = is_active AND ${isActive}, expires_at = LEAST(expires_at, ${expiresAt}::timestamptz)
    WHERE id IN (SELECT id FROM made)`
}
