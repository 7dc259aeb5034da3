import DataLoader from 'dataloader'
import { type PublicUser, selectAccount } from './account-columns.ts'
import type { RunStatement, Statement } from '../statements.ts'

/** A session that was not ended, with its account; none if the account's credential changed since its sign-in. */
export type SessionRow = PublicUser & {
  sessionId: string, method: string, sessionCreatedAt: Date, rotatedAt: Date, sessionExpiresAt: Date
}

/** An API key with its owner's account. */
export type ApiKeyRow = PublicUser & {
  digest: string, apiKeyId: string, apiKeyIsActive: boolean, apiKeyExpiresAt: Date | null
}

const account = selectAccount('u')

/*
 * The planner sees nothing of the array through the sub-select, so the plan it makes once is as good as a new one for
 * each call, and it stays with it: planning took as long as the rest. One probe of the index for each value, whatever
 * the size of the table.
 */
const bySession: Statement = {
  name: 'flowgate_principals_by_session',
  text: `SELECT s.id AS "sessionId", s.method, s.created_at AS "sessionCreatedAt", s.rotated_at AS "rotatedAt", s.expires_at AS "sessionExpiresAt", ${account}
FROM unnest((SELECT $1::uuid[])) AS wanted (id)
CROSS JOIN LATERAL (SELECT * FROM sessions WHERE id = wanted.id AND ended_at IS NULL LIMIT 1) s
JOIN users u ON u.id = s.user_id AND u.credentials_version = s.credentials_version`
}

const byDigest: Statement = {
  name: 'flowgate_principals_by_api_key',
  text: `SELECT k.digest, k.id AS "apiKeyId", k.is_active AS "apiKeyIsActive", k.expires_at AS "apiKeyExpiresAt", ${account}
FROM unnest((SELECT $1::text[])) AS wanted (digest)
CROSS JOIN LATERAL (SELECT * FROM api_keys WHERE digest = wanted.digest LIMIT 1) k
JOIN users u ON u.id = k.user_id`
}

/** Most keys of one statement. */
const BATCH_MAX = 500

/**
 * The two reads that every authenticated request may need, beside Prisma: through it, one of them costs ten times the
 * rest of the request. Those of one turn of the event loop go to PostgreSQL together, in one prepared statement.
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
      // The default waits for the end of one socket's callback: a turn takes in all that came in together.
      batchScheduleFn: callback => setImmediate(callback)
    })
  }
  const sessions = coalesced<SessionRow>(bySession, row => row.sessionId)
  const apiKeys = coalesced<ApiKeyRow>(byDigest, row => row.digest)
  return {
    /** @param id of the session, a UUID in lower case */
    bySession: (id: string) => sessions.load(id),
    /** @param digest SHA-256 of the key, in hexadecimal */
    byDigest: (digest: string) => apiKeys.load(digest)
  }
}

export type PrincipalReads = ReturnType<typeof createPrincipalReads>
