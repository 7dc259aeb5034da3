import type { Database } from '../database.ts'
import type { Statement } from '../statements.ts'

/** A new session, and the changes to its account. */
export type NewSession = {
  id: string, method: string, now: Date, expiresAt: Date, userAgent: string | null, address: string | null
  /** Maximum number of open sessions; the oldest ones end. */
  sessionsMax: number
  account: {
    id: string
    /** The version of the credentials that were verified; undefined for auto login. */
    credentialsVersion: number | undefined
    newPasswordHash?: string | undefined, newKnownNetworks?: object | undefined
  }
}

/** A session to refresh, as its refresh token describes it, and the conditions that it must meet. */
export type Rotation = {
  id: string, userId: string, generation: number, now: Date
  /** A session that was last refreshed before this time has expired. */
  idleSince: Date
  /** The sign-in methods that are currently allowed. */
  methods: readonly string[]
}

/** The properties of a session that its tokens contain. */
export type TokenState = { id: string, userId: string, generation: number, rotatedAt: Date, expiresAt: Date }

/** A new session, and the number of older sessions that ended because of `sessionsMax`. */
export type BegunSession = TokenState & { superseded: number }

/** A new API key, and the maximum number for its account. */
export type NewApiKey = {
  id: string, userId: string, name: string | null, digest: string, prefix: string, suffix: string
  createdAt: Date, expiresAt: Date | null
  scopes: string | null, allowedNetworks: string | null
  rateLimit: number | null, rateWindowSeconds: number | null, rateCounterId: string | null
  max: number
}

const state = `s.id, s.user_id AS "userId", s.generation,
  s.rotated_at AS "rotatedAt", s.expires_at AS "expiresAt"`

const begin: Statement = {
  name: 'flowgate_begin_session',
  text: `WITH signed_in AS (
  UPDATE users SET last_login_at = $3::timestamptz, updated_at = $3::timestamptz,
    password_hash = COALESCE($9::text, password_hash), known_networks = COALESCE($10::jsonb, known_networks)
  WHERE id = $7::uuid AND is_active AND credentials_version = COALESCE($8::int, credentials_version)
    AND require_before($12::timestamptz)
  RETURNING id, credentials_version
), superseded AS (
  UPDATE sessions SET ended_at = $3::timestamptz, end_reason = 'superseded' WHERE id IN (
    SELECT id FROM sessions WHERE user_id = $7::uuid AND ended_at IS NULL AND EXISTS (SELECT FROM signed_in)
    ORDER BY created_at DESC OFFSET $11::int - 1
  ) RETURNING id
)
INSERT INTO sessions AS s
  (id, user_id, method, credentials_version, rotated_at, created_at, expires_at, user_agent, address)
SELECT $1::uuid, id, $2::text, credentials_version, $3::timestamptz, $3::timestamptz, $4::timestamptz, $5::text, $6::text
FROM signed_in
RETURNING ${state}, (SELECT count(*)::int FROM superseded) AS superseded`
}

const rotate: Statement = {
  name: 'flowgate_rotate_session',
  text: `UPDATE sessions s SET generation = s.generation + 1, rotated_at = $4::timestamptz
FROM users u
WHERE s.id = $1::uuid AND s.user_id = $2::uuid AND s.generation = $3::int AND s.ended_at IS NULL
  AND s.expires_at > $4::timestamptz AND s.rotated_at > $5::timestamptz AND s.method = ANY($6::text[])
  AND u.id = s.user_id AND u.is_active AND u.credentials_version = s.credentials_version
  AND require_before($7::timestamptz)
RETURNING ${state}`
}

const insertApiKey: Statement = {
  name: 'flowgate_insert_api_key',
  text: `WITH room AS (
  UPDATE users SET api_key_count = api_key_count + 1
  WHERE id = $2::uuid AND api_key_count < $9::int AND require_before($10::timestamptz) RETURNING id
)
INSERT INTO api_keys (id, user_id, name, digest, prefix, suffix, created_at, expires_at,
  scopes, allowed_networks, rate_limit, rate_window_seconds, rate_counter_id)
SELECT $1::uuid, id, $3::text, $4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz,
  $11::text, $12::text, $13::int, $14::int, $15::uuid
FROM room
RETURNING id`
}

/**
 * The most frequent writes. Each one checks and changes in one statement, without Prisma, which needs several round
 * trips and ten times the CPU time. `require_before` prevents a write from taking effect after its caller has stopped
 * waiting, so clients can retry safely.
 */
export function createWrites ({ run, deadline }: Pick<Database, 'run' | 'deadline'>) {
  return {
    /**
     * @returns undefined if the account does not exist, is inactive, or has newer credentials than those that were
     * checked
     */
    async beginSession (
      { id, method, now, expiresAt, userAgent, address, sessionsMax, account }: NewSession
    ): Promise<BegunSession | undefined> {
      const { newKnownNetworks: networks } = account
      const [row] = await run<BegunSession>(begin, [
        id, method, now.toISOString(), expiresAt.toISOString(), userAgent, address,
        account.id, account.credentialsVersion ?? null, account.newPasswordHash ?? null,
        networks ? JSON.stringify(networks) : null, sessionsMax, deadline()
      ])
      return row
    },

    /** Advances a session by one generation. @returns undefined if a condition is not met */
    async rotateSession (
      { id, userId, generation, now, idleSince, methods }: Rotation
    ): Promise<TokenState | undefined> {
      const [row] = await run<TokenState>(rotate, [
        id, userId, generation, now.toISOString(), idleSince.toISOString(), [...methods], deadline()
      ])
      return row
    },

    /** @returns false if the account does not exist or has reached its maximum */
    async insertApiKey (
      {
        id, userId, name, digest, prefix, suffix, createdAt, expiresAt, max,
        scopes, allowedNetworks, rateLimit, rateWindowSeconds, rateCounterId
      }: NewApiKey
    ): Promise<boolean> {
      const rows = await run(insertApiKey, [
        id, userId, name, digest, prefix, suffix, createdAt.toISOString(), expiresAt?.toISOString() ?? null, max,
        deadline(), scopes, allowedNetworks, rateLimit, rateWindowSeconds, rateCounterId
      ])
      return rows.length > 0
    }
  }
}

export type Writes = ReturnType<typeof createWrites>
