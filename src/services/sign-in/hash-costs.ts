import { randomUUID } from 'node:crypto'
import { createFingerprint } from '../../crypto/digests.ts'
import type { HashCost } from '../../crypto/passwords.ts'
import type { Database } from '../../db.ts'

/** How many stored hashes are looked at. */
const SAMPLE = 500
const REFRESH_MS = 600_000

const readCosts = {
  name: 'flowgate_read_hash_costs',
  text: `SELECT cost, count(*)::int AS count FROM (
  SELECT split_part(password_hash, '$', 4) AS cost FROM users WHERE id >= $1::uuid ORDER BY id LIMIT ${SAMPLE}
) AS sample GROUP BY cost ORDER BY cost`
}

type Share = { cost: HashCost, count: number }

/**
 * After a change of the hash cost, stored hashes differ in cost until their owners sign in. A check for a name without
 * an account takes the cost of some stored hash, always the same for one name: the time says nothing about the name.
 */
export function createHashCosts ({ run, onError }: Pick<Database, 'run'> & { onError: (error: unknown) => void }) {
  const fingerprint = createFingerprint()
  let shares: Share[] = []
  let readAt = -Infinity
  let sampling: Promise<void> | undefined

  /** Samples the stored hashes from a random id on. */
  async function refresh (): Promise<void> {
    readAt = performance.now()
    const found = await run<Share>(readCosts, [randomUUID()])
    // Few accounts, or an id near the end: the sample begins with the first.
    const isShort = found.reduce((sum, { count }) => sum + count, 0) < SAMPLE
    shares = isShort ? await run<Share>(readCosts, ['00000000-0000-0000-0000-000000000000']) : found
  }

  return {
    /** The cost for a name without an account; undefined (the current cost) if there is no stored hash. */
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
