import DataLoader from 'dataloader'
import { type PublicUser, selectAccount } from './account-columns.ts'
import type { RunStatement, Statement } from '../statements.ts'

/** An active session with its account. A session whose account has newer credentials is not returned. */
export type SessionRow = PublicUser & {
  sessionId: string, method: string, generation: number, sessionCreatedAt: Date, rotatedAt: Date, sessionExpiresAt: Date
}

/** A rate limit and the counter of its requests. */
type CountedLimit = { limit: number, windowSeconds: number, counterId: string }

/** An API key with its owner's account. `makerLimits` are the rate limits of the keys that created it. */
export type ApiKeyRow = PublicUser & {
  digest: string, apiKeyId: string, apiKeyIsActive: boolean, apiKeyExpiresAt: Date | null
  scopes: string | null, allowedNetworks: string | null
  rateLimit: number | null, rateWindowSeconds: number | null, rateCounterId: string | null
  makerLimits: CountedLimit[] | null
}

const account = selectAccount('u')

/**
 * The sub-select hides the array from the planner. The generic plan is then as good as a custom plan, and PostgreSQL
 * caches it; planning took as long as the rest of the statement. Each value costs one index lookup, whatever the size
 * of the table.
 */
const bySession: Statement = {
  name: 'flowgate_principals_by_session',
  text: `SELECT s.id AS "sessionId", s.method, s.generation, s.created_at AS "sessionCreatedAt", s.rotated_at AS "rotatedAt", s.expires_at AS "sessionExpiresAt", ${account}
FROM unnest((SELECT $1::uuid[])) AS wanted (id)
CROSS JOIN LATERAL (SELECT * FROM sessions WHERE id = wanted.id AND ended_at IS NULL LIMIT 1) s
JOIN users u ON u.id = s.user_id AND u.credentials_version = s.credentials_version`
}

/** The rate limits of the keys that created the key `k`, directly or through other keys. */
const makerLimits = `WITH RECURSIVE makers AS (
  SELECT made_by_id, rate_limit, rate_window_seconds, rate_counter_id FROM api_keys WHERE id = k.made_by_id
  UNION ALL
  SELECT a.made_by_id, a.rate_limit, a.rate_window_seconds, a.rate_counter_id
  FROM api_keys a JOIN makers ON a.id = makers.made_by_id
)
SELECT json_agg(json_build_object(
  'limit', rate_limit, 'windowSeconds', rate_window_seconds, 'counterId', rate_counter_id))
FROM makers WHERE rate_counter_id IS NOT NULL`

const byDigest: Statement = {
  name: 'flowgate_principals_by_api_key',
  text: `SELECT k.digest, k.id AS "apiKeyId", k.is_active AS "apiKeyIsActive", k.expires_at AS "apiKeyExpiresAt", k.scopes, k.allowed_networks AS "allowedNetworks",
  k.rate_limit AS "rateLimit", k.rate_window_seconds AS "rateWindowSeconds", k.rate_counter_id AS "rateCounterId",
  CASE WHEN k.made_by_id IS NOT NULL THEN (${makerLimits}) END AS "makerLimits", ${account}
FROM unnest((SELECT $1::text[])) AS wanted (digest)
CROSS JOIN LATERAL (SELECT * FROM api_keys WHERE digest = wanted.digest LIMIT 1) k
JOIN users u ON u.id = k.user_id`
}

/** Maximum number of keys per statement. */
const BATCH_MAX = 500

/**
 * The two reads of authenticated requests, without Prisma: with it, one read costs ten times the rest of the request.
 * The reads of one turn of the event loop are sent in one prepared statement.
 */
export function createPrincipalReads (run: RunStatement) {
  function coalesced<Row> (statement: Statement, keyOf: (row: Row) => string) {
    return new DataLoader<string, Row | undefined>(async keys => {
      const rows = await run<Row>(statement, [[...new Set(keys)]])
      const rowsByKey = new Map(rows.map(row => [keyOf(row), row]))
      return keys.map(key => rowsByKey.get(key))
    }, {
      cache: false,
      maxBatchSize: BATCH_MAX,
      // The default scheduler runs after the callback of one socket. `setImmediate` batches the requests of all
      // sockets.
      batchScheduleFn: callback => setImmediate(callback)
    })
  }
  const sessions = coalesced<SessionRow>(bySession, row => row.sessionId)
  const apiKeys = coalesced<ApiKeyRow>(byDigest, row => row.digest)
  return {
    /** @param id ID of the session, a UUID in lower case */
    bySession: (id: string) => sessions.load(id),
    /** @param digest SHA-256 of the key, in hexadecimal */
    byDigest: (digest: string) => apiKeys.load(digest)
  }
}

export type PrincipalReads = ReturnType<typeof createPrincipalReads>
