import type { Transaction } from '../../db.ts'
import { InvalidApiKey, StrongerApiKey } from '../../errors.ts'
import type { ApiKeyCredential } from '../access/principal.ts'

/** The API key by which a request acts. */
type ActingKey = Pick<ApiKeyCredential, 'id' | 'expiresAt'>
/** A key as it is stored. */
type StoredKey = { id: string, isActive: boolean, expiresAt: Date | null, madeById: string | null }
/** What a change would do to the access that a key gives. */
type AccessChange = { isActive?: boolean | undefined, expiresAt?: Date | undefined }

/**
 * The expiry of a key that another key makes: what was asked for, within the life of its maker.
 * @throws StrongerApiKey if it was to outlive its maker
 */
export function expiryWithin ({ expiresAt: limit }: ActingKey, expiresAt: Date | undefined): Date | undefined {
  if (limit && expiresAt && expiresAt > limit) throw new StrongerApiKey()
  return expiresAt ?? limit ?? undefined
}

/**
 * Lets an API key reduce the access of any key of its account, and extend only that of keys it made.
 * @throws StrongerApiKey
 */
export function requireMade (actingKey: ActingKey, key: StoredKey, change: AccessChange): void {
  const { isActive, expiresAt } = change
  expiryWithin(actingKey, expiresAt)
  const isExtended = (isActive === true && !key.isActive) ||
    (expiresAt !== undefined && key.expiresAt !== null && expiresAt > key.expiresAt)
  if (isExtended && key.madeById !== actingKey.id) throw new StrongerApiKey()
}

/**
 * The acting key as it is now: what the request remembers of it may be a second old. The account must be held, so that
 * a change of the key waits until the transaction ends.
 * @throws InvalidApiKey if the key is deleted or switched off
 */
export async function currentKey (tx: Transaction, { id }: ActingKey): Promise<ActingKey> {
  const key = await tx.apiKey.findFirst({ where: { id, isActive: true }, select: { id: true, expiresAt: true } })
  if (!key) throw new InvalidApiKey()
  return key
}

/**
 * Lessens the access of all keys that a key made, directly or by keys it made: they are switched off with it, and
 * expire no later.
 */
export async function limitMade (tx: Transaction, { id, isActive, expiresAt }: StoredKey): Promise<void> {
  await tx.$executeRaw`
    WITH RECURSIVE made AS (
      SELECT id FROM api_keys WHERE made_by_id = ${id}::uuid
      UNION SELECT k.id FROM api_keys k JOIN made ON k.made_by_id = made.id
    )
    UPDATE api_keys SET is_active = is_active AND ${isActive}, expires_at = LEAST(expires_at, ${expiresAt}::timestamptz)
    WHERE id IN (SELECT id FROM made)`
}
