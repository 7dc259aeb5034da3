import type { Static } from '@sinclair/typebox'
import { maskApiKey } from '../../crypto/api-keys.ts'
import type {
  ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList, ApiKeyUpdate
} from '../../schemas/credentials/api-keys.ts'
import type { PublicApiKey } from '../../services/credentials/api-keys.ts'
import { given, givenMoment, presentTime } from '../common.ts'

function common (row: PublicApiKey) {
  return {
    id: row.id,
    name: row.name,
    user_id: row.userId,
    is_active: row.isActive,
    made_by: row.madeById,
    total_uses: Number(row.totalUses),
    last_used_at: presentTime(row.lastUsedAt),
    created_at: row.createdAt.toISOString(),
    expires_at: presentTime(row.expiresAt)
  }
}

export const presentApiKey = (row: PublicApiKey): Static<typeof ApiKey> => ({
  ...common(row), api_key: maskApiKey(row.prefix), last_characters: row.suffix
})

/** All keys of one account. */
export const presentApiKeys = (userId: string, rows: PublicApiKey[]): Static<typeof ApiKeyList> =>
  ({ total_count: rows.length, user_id: userId, api_keys: rows.map(presentApiKey) })

export const presentCreatedApiKey = ({ row, key }: { row: PublicApiKey, key: string }): Static<typeof ApiKeyCreated> =>
  ({ ...common(row), api_key: key })

/** Converts the request for a new API key. */
export const toApiKeyRequest = ({ name, expires_at: expiresAt }: Static<typeof ApiKeyCreate>) =>
  ({ name: name ?? null, expiresAt: givenMoment(expiresAt) })

/** Converts changes. `null` leaves a member unchanged. */
export const toApiKeyChanges = ({ name, is_active: isActive, expires_at: expiresAt }: Static<typeof ApiKeyUpdate>) =>
  ({ name: given(name), isActive: given(isActive), expiresAt: givenMoment(expiresAt) })
