import { Type } from '@sinclair/typebox'
import {
  LIMIT_MAX, NETWORKS_MAX, OVERLAP_SECONDS, OVERLAP_SECONDS_MAX, USES_DAYS, WINDOW_SECONDS_MAX
} from '../../policy/api-keys/bounds.ts'
import { grants, type Scope as ScopeName, scopeNames } from '../../policy/grants.ts'
import { Id, Maybe, Moment, Nullable, Storable, Timestamp } from '../common.ts'

const Name = Storable({ maxLength: 256, examples: ['nightly build'] })

/** A scope of API keys. */
const Scope = Type.Unsafe<ScopeName>({
  type: 'string',
  enum: [...scopeNames],
  title: 'Scope',
  description: scopeNames.map(name => `\`${name}\`: ${grants[name].summary}.`).join(' ')
})

const rateLimit = {
  limit: Type.Integer({ minimum: 1, maximum: LIMIT_MAX, examples: [100] }),
  window_seconds: Type.Integer({ minimum: 1, maximum: WINDOW_SECONDS_MAX, examples: [60] })
}
const rateLimitFact = {
  description: 'At most `limit` requests in `window_seconds`, over all replicas. Without it: no limit.'
}

const scopesFact = { description: 'What the key may do. Without it: everything that its owner may do with a key.' }
const networksFact = {
  description: 'Networks from which the key may be used, in CIDR notation. Without it: any address.'
}

/** The restrictions of a key. A member that is missing restricts nothing, an empty list permits nothing. */
const restrictions = {
  scopes: Type.Optional(Type.Array(Scope, scopesFact)),
  allowed_networks: Type.Optional(Type.Array(Type.String(), networksFact)),
  rate_limit: Type.Optional(Type.Object(rateLimit, rateLimitFact))
}

/** The same in a request. */
const askedRestrictions = {
  scopes: Maybe(Type.Array(Scope, { ...scopesFact, minItems: 1, maxItems: scopeNames.length })),
  allowed_networks: Maybe(Type.Array(Type.String({ maxLength: 64, examples: ['192.0.2.0/24'] }), {
    ...networksFact, minItems: 1, maxItems: NETWORKS_MAX
  })),
  rate_limit: Maybe(Type.Object(rateLimit, rateLimitFact))
}

const members = {
  id: Id,
  name: Nullable(Type.String()),
  user_id: Id,
  is_active: Type.Boolean(),
  made_by: Nullable(Type.String({ format: 'uuid', description: 'The API key that created this key, if any.' })),
  total_uses: Type.Integer({ description: 'Updated every few seconds.' }),
  last_used_at: Nullable(Timestamp),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp),
  replaced_by: Type.Optional(Type.String({
    format: 'uuid', description: 'The API key into which this one was rotated. This one works until `expires_at`.'
  })),
  ...restrictions
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
  name: Maybe(Name), expires_at: Maybe(Moment), ...askedRestrictions
}, { title: 'ApiKeyCreate' })

export const ApiKeyUpdate = Type.Object({
  name: Maybe(Name), is_active: Maybe(Type.Boolean()), expires_at: Maybe(Moment), ...askedRestrictions
}, { title: 'ApiKeyUpdate' })

export const ApiKeyRotation = Type.Object({
  overlap_seconds: Type.Integer({
    minimum: 0,
    maximum: OVERLAP_SECONDS_MAX,
    default: OVERLAP_SECONDS,
    description: 'How long the old key continues to work, unless it expires earlier.'
  })
}, { title: 'ApiKeyRotation' })

export const ApiKeyRotated = Type.Object({
  ...ApiKeyCreated.properties, previous: ApiKey
}, { title: 'ApiKeyRotated' })

export const ApiKeyUsageQuery = Type.Object({
  days: Type.Integer({ minimum: 1, maximum: USES_DAYS, default: 30 })
})

export const ApiKeyUsage = Type.Object({
  api_key_id: Id,
  total_uses: Type.Integer({ description: 'Since the key was created.' }),
  days: Type.Array(Type.Object({
    day: Type.String({ format: 'date', description: 'In UTC.', examples: ['2026-11-29'] }),
    uses: Type.Integer()
  }), { description: 'The oldest day first. The last one is today.' })
}, { title: 'ApiKeyUsage' })

export const ApiKeyOptions = Type.Object({
  scopes: Type.Array(Type.Object({ name: Scope, summary: Type.String({ description: 'What it permits.' }) }), {
    description: 'The scopes that the account can give to its keys.'
  }),
  max_days: Nullable(Type.Integer({
    description: 'The longest lifetime of a new key in days (LANGFLOW_API_KEY_MAX_DAYS).'
  })),
  address: Nullable(Type.String({ description: 'The address of the client, as allowed networks see it.' }))
}, { title: 'ApiKeyOptions' })

const keySorts = ['owner', 'created_at', 'expires_at', 'last_used_at'] as const

export const OwnedApiKeyQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  search: Type.Optional(Storable({ maxLength: 256, description: 'Part of the owner\'s username. Case is ignored.' })),
  sort: Type.Unsafe<typeof keySorts[number] | `-${typeof keySorts[number]}`>({
    type: 'string',
    enum: keySorts.flatMap(name => [name, `-${name}`]),
    default: 'owner',
    description: 'The order; `-` reverses it. Keys that were never used sort before all others.'
  })
})

const OwnedApiKey = Type.Object({
  ...ApiKey.properties,
  owner: Type.Object({
    username: Type.String(), is_active: Type.Boolean(), is_service: Type.Boolean()
  })
}, { title: 'OwnedApiKey' })

export const OwnedApiKeyList = Type.Object({
  total_count: Type.Integer(), api_keys: Type.Array(OwnedApiKey)
}, { title: 'OwnedApiKeyList' })

export const ApiKeysDeleted = Type.Object({
  deleted: Type.Integer({ description: 'The number of API keys that were deleted.' })
}, { title: 'ApiKeysDeleted' })

export const UserApiKeyParams = Type.Object({ user_id: Id, api_key_id: Id })

export const StoreKey = Type.Object({
  api_key: Storable({ minLength: 1, maxLength: 4096 })
}, { title: 'StoreKey' })

export const ApiKeyParams = Type.Object({ api_key_id: Id })
