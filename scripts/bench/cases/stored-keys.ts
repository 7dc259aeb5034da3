import { performance } from 'node:perf_hooks'
import { digestApiKey, isApiKey } from '../../../src/crypto/api-keys.ts'
import { createPrincipalReads, openDb } from '../../../src/db.ts'
import { type Case, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { storeKeys } from '../stage.ts'

/** Lookups of one measurement. */
const LOOKUPS = 2000

/**
 * The time to verify one key (checksum, digest, one read) with an increasing number of stored keys. Keys are verified
 * one after another, without coalescing and caching.
 */
export const storedKeys: Case = {
  name: 'api-keys',
  summary: 'one verification with ever more keys stored',
  needsPostgres: true,
  measure: async (stage, { rounds, isSmoke }, progress) => {
    const places = []
    for (const stored of isSmoke ? [1, 10] : [1, 1000, 100_000, 1_000_000]) {
      progress(`api-keys: ${stored.toLocaleString('en')} keys`)
      const { url, client } = await postgresOf(stage).createDatabase()
      const keys = await storeKeys(client, stored)
      const database = await openDb({
        databaseUrl: url, configDir: '', databasePoolSize: 2, databaseConnectSeconds: 10
      }, () => {})
      const reads = createPrincipalReads(database.run)
      places.push({ stored, sample: keys.slice(0, LOOKUPS), database, reads, micros: [] as number[] })
    }
    for (let round = 0; round <= rounds; round++) {
      progress(`api-keys: round ${round} of ${rounds}`)
      for (const { sample, reads, micros } of places) {
        const since = performance.now()
        for (let i = 0; i < LOOKUPS; i++) {
          const key = sample[i % sample.length] ?? ''
          if (!isApiKey(key) || !await reads.byDigest(digestApiKey(key))) throw new Error('a stored key was not found')
        }
        if (round > 0) micros.push((performance.now() - since) * 1000 / LOOKUPS) // the first round warms up
      }
    }
    await Promise.all(places.map(({ database }) => database.close()))
    const [first, ...others] = places
    return others.map(({ stored, micros }) => ({
      what: `${stored.toLocaleString('en')} stored`,
      against: 'one key stored',
      spread: spread(micros.map((each, round) => each / (first?.micros[round] ?? NaN))),
      unit: '×' as const,
      reach: { max: stored > 100_000 ? 1.15 : 1.1 },
      note: `${micros.at(-1)?.toFixed(0)} µs`
    }))
  }
}
