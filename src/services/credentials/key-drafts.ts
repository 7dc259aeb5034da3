import { randomUUID } from 'node:crypto'
import { API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey } from '../../crypto/api-keys.ts'
import { type KeyRestrictions, writeRestrictions } from '../../policy/api-keys/restrictions.ts'
import type { StoredKey } from './key-columns.ts'

/** A key that is not stored yet. */
export type Draft = StoredKey & { digest: string }

/** What distinguishes a new key from others. Without a counter, a rate limit gets a new one. */
type Settings = Pick<StoredKey, 'userId' | 'name' | 'madeById' | 'createdAt'> & {
  expiresAt: Date | undefined, restrictions: KeyRestrictions, counterId: string | null
}

/** The number of last characters that are stored. */
const SUFFIX_LENGTH = 4

/** Generates a key. @returns the row to store, and the plaintext */
export function draftKey (
  { expiresAt, restrictions, counterId, ...settings }: Settings
): { row: Draft, key: string } {
  const key = generateApiKey()
  const row = {
    id: randomUUID(),
    prefix: key.slice(0, API_KEY_SHOWN_LENGTH),
    suffix: key.slice(-SUFFIX_LENGTH),
    digest: digestApiKey(key),
    replacedById: null,
    isActive: true,
    lastUsedAt: null,
    totalUses: 0n,
    expiresAt: expiresAt ?? null,
    rateCounterId: restrictions.rateLimit && (counterId ?? randomUUID()),
    ...writeRestrictions(restrictions),
    ...settings
  }
  return { row, key }
}
