import { randomUUID } from 'node:crypto'
import { createFingerprint } from '../../crypto/digests.ts'
import type { HashCost } from '../../crypto/passwords.ts'
import type { Database } from '../../db.ts'

/** The number of stored hashes that are sampled. */
const SAMPLE = 500
const REFRESH_MS = 600_000

const readCosts = {
  name: 'flowgate_read_hash_costs',
  text: `SELECT cost, count(*)::int AS count FROM (
  SELECT split_part(password_hash, '$', 4) AS cost FROM users
  WHERE id >= $1::uuid AND password_hash IS NOT NULL ORDER BY id LIMIT ${SAMPLE}
) AS sample GROUP BY cost ORDER BY cost`
}

type Share = { cost: HashCost, count: number }

/**
 * The hash costs of the stored passwords. After a change of the setting, stored hashes keep their cost until their
 * owners sign in. The check of an unknown username uses the cost of a stored hash, always the same one for a username,
 * so that the response time does not show whether the username exists.
 */
export function createHashCosts ({ run, onError }: Pick<Database, 'run'> & { onError: (error: unknown) => void }) {
  const fingerprint = createFingerprint()
  let shares: Share[] = []
  let readAt = -Infinity
  let sampling: Promise<void> | undefined

  /** Samples the stored hashes, beginning at a random id. */
  async function refresh (): Promise<void> {
    readAt = performance.now()
    const found = await run<Share>(readCosts, [randomUUID()])
    // If there are few accounts after that id, the sample begins with the first one.
    const isShort = found.reduce((sum, { count }) => sum + count, 0) < SAMPLE
    shares = isShort ? await run<Share>(readCosts, ['00000000-0000-0000-0000-000000000000']) : found
  }

  return {
    /** The cost for an unknown username; undefined (the current cost) if no hash is stored. */
    async costFor (name: string): Promise<HashCost | undefined> {
      if (performance.now() - readAt > REFRESH_MS) sampling = refresh().catch(onError)
      if (shares.length === 0) await sampling
      const total = shares.reduce((sum, { count }) => sum + count, 0)
      let place = Buffer.from(fingerprint(name), 'base64url').readUInt32BE() % Math.max(total, 1)
      return shares.find(({ count }) => (place -= count) < 0)?.cost
    }
  }
}

export type HashCosts = ReturnType<typeof createHashCosts>
