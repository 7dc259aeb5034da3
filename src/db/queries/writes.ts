import type { Database } from '../database.ts'
import type { Statement } from '../statements.ts'

/** A session that begins, and its account: as it was read, and what it becomes. */
export type NewSession = {
  id: string, method: string, now: Date, expiresAt: Date, userAgent: string | null, address: string | null
  /** If the account has this many open sessions already, the oldest ones end. */
  sessionsMax: number
  account: {
    id: string
    /** The version of the credential that was verified; undefined for auto login. */
    credentialsVersion: number | undefined
    newPasswordHash?: string | undefined, newKnownNetworks?: object | undefined
  }
}

/** A session as its refresh token describes it, and what must still hold of it. */
export type Rotation = {
  id: string, userId: string, generation: number, now: Date
  /** A session that was last refreshed before this moment has expired. */
  idleSince: Date
  /** The sign-in methods that are allowed now. */
  methods: readonly string[]
}

/** What tokens are made of. */
export type TokenState = { id: string, userId: string, generation: number, rotatedAt: Date, expiresAt: Date }

/** A session that has begun, and how many older ones ended for it. */
export type BegunSession = TokenState & { superseded: number }

/** A new API key, and how many its account may have. */
export type NewApiKey = {
  id: string, userId: string, name: string | null, digest: string, prefix: string, suffix: string
  createdAt: Date, expiresAt: Date | null
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
INSERT INTO api_keys (id, user_id, name, digest, prefix, suffix, created_at, expires_at)
SELECT $1::uuid, id, $3::text, $4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz FROM room
RETURNING id`
}

/**
 * The writes that clients wait for most often, each a check and a change in one statement, without Prisma: through it
 * they take several round trips, and ten times the time of this process. None of them takes effect after its caller
 * gave up (`require_before`), so a client may send the request again.
 */
export function createWrites ({ run, deadline }: Pick<Database, 'run' | 'deadline'>) {
  return {
    /** @returns undefined when the account is gone, inactive, or has another credential than the one checked */
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

    /** Advances a session by one generation. @returns undefined unless everything asked for holds */
    async rotateSession (
      { id, userId, generation, now, idleSince, methods }: Rotation
    ): Promise<TokenState | undefined> {
      const [row] = await run<TokenState>(rotate, [
        id, userId, generation, now.toISOString(), idleSince.toISOString(), [...methods], deadline()
      ])
      return row
    },

    /** @returns whether there was room for it, and an account */
    async insertApiKey (
      { id, userId, name, digest, prefix, suffix, createdAt, expiresAt, max }: NewApiKey
    ): Promise<boolean> {
      const rows = await run(insertApiKey, [
        id, userId, name, digest, prefix, suffix, createdAt.toISOString(), expiresAt?.toISOString() ?? null, max,
        deadline()
      ])
      return rows.length > 0
    }
  }
}

export type Writes = ReturnType<typeof createWrites>
