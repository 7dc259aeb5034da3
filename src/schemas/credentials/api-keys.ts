import { Type } from '@sinclair/typebox'
import { Id, Maybe, Moment, Nullable, Storable, Timestamp } from '../common.ts'

const Name = Storable({ maxLength: 256, examples: ['nightly build'] })

const members = {
  id: Id,
  name: Nullable(Type.String()),
  user_id: Id,
  is_active: Type.Boolean(),
  made_by: Nullable(Type.String({ format: 'uuid', description: 'The API key that created this key, if any.' })),
  total_uses: Type.Integer({ description: 'Updated every few seconds.' }),
  last_used_at: Nullable(Timestamp),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp)
}

/** The response to its creation, the only one with the plaintext key. */
export const ApiKeyCreated = Type.Object({
  ...members, api_key: Type.String({ description: 'The key. It is shown only once.', pattern: '^sk-[0-9A-Za-z]{43}$' })
}, { title: 'ApiKeyCreated' })

export const ApiKey = Type.Object({
  ...members,
  api_key: Type.String({ description: 'The first characters of the key, followed by one `*` for each of the others.' }),
  last_characters: Type.String({ description: 'The last four characters of the key.' })
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
  deleted: Type.Integer({ description: 'The number of API keys that were deleted.' })
}, { title: 'ApiKeysDeleted' })

export const UserApiKeyParams = Type.Object({ user_id: Id, api_key_id: Id })

export const StoreKey = Type.Object({
  api_key: Storable({ minLength: 1, maxLength: 4096 })
}, { title: 'StoreKey' })

export const ApiKeyParams = Type.Object({ api_key_id: Id })
