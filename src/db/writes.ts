import type { RunStatement, Statement } from './statements.ts'

/** A session as its refresh token says it is, and what must still hold of it. */
export type Rotation = {
  id: string, userId: string, generation: number, now: Date
  /** Refreshed before that, it is over. */
  idleSince: Date
  /** How it may have begun. */
  methods: readonly string[]
}

export type RotatedSession = { id: string, userId: string, generation: number, rotatedAt: Date, expiresAt: Date }

/** A new API key, and how many its account may have. */
export type NewApiKey = {
  id: string, userId: string, name: string | null, digest: string, prefix: string, suffix: string
  createdAt: Date, expiresAt: Date | null
  max: number
}

const rotate: Statement = {
  name: 'flowgate_rotate_session',
  text: `UPDATE sessions s SET generation = s.generation + 1, rotated_at = $4::timestamptz
FROM users u
WHERE s.id = $1::uuid AND s.user_id = $2::uuid AND s.generation = $3::int AND s.ended_at IS NULL
  AND s.expires_at > $4::timestamptz AND s.rotated_at > $5::timestamptz AND s.method = ANY($6::text[])
  AND u.id = s.user_id AND u.is_active
RETURNING s.id, s.user_id AS "userId", s.generation, s.rotated_at AS "rotatedAt", s.expires_at AS "expiresAt"`
}

const insertApiKey: Statement = {
  name: 'flowgate_insert_api_key',
  text: `INSERT INTO api_keys (id, user_id, name, digest, prefix, suffix, created_at, expires_at)
SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz
WHERE (SELECT count(*) FROM (SELECT 1 FROM api_keys WHERE user_id = $2::uuid LIMIT $9::int) AS present) < $9::int
RETURNING id`
}

/**
 * The two writes that clients make most and wait for, each a check and a change in one statement, beside Prisma:
 * through it they take several round trips, and ten times the time of this process.
 */
export function createWrites (run: RunStatement) {
  return {
    /** Moves a session on by one. @returns undefined unless all of it holds */
    async rotateSession (
      { id, userId, generation, now, idleSince, methods }: Rotation
    ): Promise<RotatedSession | undefined> {
      const [row] = await run<RotatedSession>(rotate, [
        id, userId, generation, now.toISOString(), idleSince.toISOString(), [...methods]
      ])
      return row
    },

    /** @returns whether there was room for it @throws a foreign key violation when the account is gone */
    async insertApiKey (
      { id, userId, name, digest, prefix, suffix, createdAt, expiresAt, max }: NewApiKey
    ): Promise<boolean> {
      const rows = await run(insertApiKey, [
        id, userId, name, digest, prefix, suffix, createdAt.toISOString(), expiresAt?.toISOString() ?? null, max
      ])
      return rows.length > 0
    }
  }
}

export type Writes = ReturnType<typeof createWrites>
