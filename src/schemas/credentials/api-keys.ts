import { type Static, Type } from '@sinclair/typebox'
import { maskApiKey } from '../../crypto/api-keys.ts'
import type { PublicApiKey } from '../../services/credentials/api-keys.ts'
import { given, givenMoment, Id, Maybe, Moment, Nullable, presentTime, Storable, Timestamp } from '../common.ts'

const Name = Storable({ maxLength: 256, examples: ['nightly build'] })

const members = {
  id: Id,
  name: Nullable(Type.String()),
  user_id: Id,
  is_active: Type.Boolean(),
  made_by: Nullable(Type.String({ format: 'uuid', description: 'The API key that made it, if one did.' })),
  total_uses: Type.Integer({ description: 'Follows within some seconds.' }),
  last_used_at: Nullable(Timestamp),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp)
}

/** An answer to its creation: the only one with the key in clear. */
export const ApiKeyCreated = Type.Object({
  ...members, api_key: Type.String({ description: 'The key itself, shown this once.', pattern: '^sk-[0-9A-Za-z]{43}$' })
}, { title: 'ApiKeyCreated' })

export const ApiKey = Type.Object({
  ...members,
  api_key: Type.String({ description: 'Its first characters, then a `*` for each of the rest.' }),
  last_characters: Type.String({ description: 'Its last four, to tell keys apart by.' })
}, { title: 'ApiKey' })

export const ApiKeyList = Type.Object({
  total_count: Type.Integer(), user_id: Id, api_keys: Type.Array(ApiKey)
}, { title: 'ApiKeyList' })

export const ApiKeyCreate = Type.Object({
  name: Maybe(Name), expires_at: Maybe(Moment)
}, { title: 'ApiKeyCreate' })

export const ApiKeyUpdate = Type.Object({
  name: Maybe(Name), is_active: Maybe(Type.Boolean()), expires_at: Maybe(Moment)
}, { title: 'ApiKeyUpdate' })

export const ApiKeysDeleted = Type.Object({
  deleted: Type.Integer({ description: 'How many API keys were deleted by this request.' })
}, { title: 'ApiKeysDeleted' })

export const UserApiKeyParams = Type.Object({ user_id: Id, api_key_id: Id })

export const StoreKey = Type.Object({
  api_key: Storable({ minLength: 1, maxLength: 4096 })
}, { title: 'StoreKey' })

export const ApiKeyParams = Type.Object({ api_key_id: Id })

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

/** What was asked for, in the service's words. */
export const toApiKeyRequest = ({ name, expires_at: expiresAt }: Static<typeof ApiKeyCreate>) =>
  ({ name: name ?? null, expiresAt: givenMoment(expiresAt) })

/** Changes in the service's words; a null leaves alone. */
export const toApiKeyChanges = ({ name, is_active: isActive, expires_at: expiresAt }: Static<typeof ApiKeyUpdate>) =>
  ({ name: given(name), isActive: given(isActive), expiresAt: givenMoment(expiresAt) })
