import type { Static } from '@sinclair/typebox'
import { maskApiKey } from '../../crypto/api-keys.ts'
import type {
  ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList, ApiKeyOptions, ApiKeyRotated, ApiKeyUpdate, ApiKeyUsage,
  OwnedApiKeyList, OwnedApiKeyQuery
} from '../../schemas/credentials/api-keys.ts'
import { grants, scopesOf } from '../../policy/grants.ts'
import { readRestrictions } from '../../policy/api-keys/restrictions.ts'
import type { PublicApiKey } from '../../services/credentials/key-columns.ts'
import type { DayUses, KeyPage, OwnedApiKey } from '../../services/credentials/key-lists.ts'
import { given, givenMoment, presentTime } from '../common.ts'

/** Only what is restricted: the key of a client that does not restrict it looks like Langflow's. */
function presentRestrictions (row: PublicApiKey) {
  const { scopes, networks, rateLimit } = readRestrictions(row)
  return {
    ...scopes && { scopes: [...scopes] },
    ...networks && { allowed_networks: [...networks] },
    ...rateLimit && { rate_limit: { limit: rateLimit.limit, window_seconds: rateLimit.windowSeconds } }
  }
}

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
    expires_at: presentTime(row.expiresAt),
    ...row.replacedById && { replaced_by: row.replacedById },
    ...presentRestrictions(row)
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

export const presentRotatedApiKey = (
  { previous, ...created }: { row: PublicApiKey, key: string, previous: PublicApiKey }
): Static<typeof ApiKeyRotated> => ({ ...presentCreatedApiKey(created), previous: presentApiKey(previous) })

export const presentUsage = ({ id, totalUses }: PublicApiKey, days: DayUses[]): Static<typeof ApiKeyUsage> => ({
  api_key_id: id,
  total_uses: Number(totalUses),
  days: days.map(({ day, uses }) => ({ day: day.toISOString().slice(0, 10), uses }))
})

/** A page of the keys of all accounts. */
export const presentOwnedApiKeys = (
  { total, keys }: { total: number, keys: OwnedApiKey[] }
): Static<typeof OwnedApiKeyList> => ({
  total_count: total,
  api_keys: keys.map(({ user: { username, isActive, isService }, ...row }) => ({
    ...presentApiKey(row), owner: { username, is_active: isActive, is_service: isService }
  }))
})

/** What an account can choose for a new key. */
export const presentOptions = (
  holder: { isSuperuser: boolean }, maxDays: number | undefined, address: string | undefined
): Static<typeof ApiKeyOptions> => ({
  scopes: scopesOf(holder).map(name => ({ name, summary: grants[name].summary })),
  max_days: maxDays ?? null,
  address: address ?? null
})

const toSettings = (
  { expires_at: expiresAt, scopes, allowed_networks: networks, rate_limit: rate }: Static<typeof ApiKeyCreate>
) => ({
  expiresAt: givenMoment(expiresAt),
  scopes: given(scopes),
  networks: given(networks),
  rateLimit: rate ? { limit: rate.limit, windowSeconds: rate.window_seconds } : undefined
})

/** Converts the request for a new API key. */
export const toApiKeyRequest = ({ name, ...settings }: Static<typeof ApiKeyCreate>) =>
  ({ name: name ?? null, ...toSettings(settings) })

/** Converts changes. `null` leaves a member unchanged. */
export const toApiKeyChanges = ({ name, is_active: isActive, ...settings }: Static<typeof ApiKeyUpdate>) =>
  ({ name: given(name), isActive: given(isActive), ...toSettings(settings) })

/** The property of each sort name of the API. */
const sortColumns = {
  owner: 'username', created_at: 'createdAt', expires_at: 'expiresAt', last_used_at: 'lastUsedAt'
} as const

/** Converts the query of the list of all keys. */
export function toKeyPage ({ sort, ...rest }: Static<typeof OwnedApiKeyQuery>): KeyPage {
  const name = sort.replace(/^-/, '') as keyof typeof sortColumns // the schema lists them
  return { ...rest, sort: { by: sortColumns[name], isDescending: sort.startsWith('-') } }
}
