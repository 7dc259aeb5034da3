import { performance } from 'node:perf_hooks'
import { digestApiKey, isApiKey } from '../../src/crypto/api-keys.ts'
import { createPrincipalReads, openDb } from '../../src/db.ts'
import { median } from './figures.ts'
import { type Stage, storeKeys } from './stage.ts'

/** Lookups of one measurement. */
const LOOKUPS = 2000

/**
 * What verifying one key takes (checksum, digest, one read) while more and more keys are stored, each against the
 * first count. One after another: nothing is coalesced, nothing remembered.
 * @returns per count, the times of a verification in microseconds, a round each
 */
export async function measureStoredKeys (
  stage: Stage, counts: number[], rounds: number, onRound: (done: number, all: number) => void
): Promise<Array<{ stored: number, micros: number[] }>> {
  const places = []
  for (const stored of counts) {
    const { url, client } = await stage.createDatabase()
    const keys = await storeKeys(client, stored)
    const database = await openDb({
      databaseUrl: url, configDir: '', databasePoolSize: 2, databaseConnectSeconds: 10
    }, () => {})
    places.push({ stored, keys, database, reads: createPrincipalReads(database.run), micros: [] as number[] })
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { keys, reads, micros } of places) {
      const since = performance.now()
      for (let i = 0; i < LOOKUPS; i++) {
        const key = keys[(i * 7919) % keys.length] ?? ''
        if (!isApiKey(key) || !await reads.byDigest(digestApiKey(key))) throw new Error('a stored key was not found')
      }
      if (round > 0) micros.push((performance.now() - since) * 1000 / LOOKUPS) // the first round warms up
    }
    onRound(round, rounds)
  }
  await Promise.all(places.map(({ database }) => database.close()))
  return places.map(({ stored, micros }) => ({ stored, micros }))
}

/** How much more a verification takes than with the first count, by medians. */
export const relative = (results: Array<{ stored: number, micros: number[] }>) => {
  const base = median(results[0]?.micros ?? [])
  return results.map(({ stored, micros }) => ({ stored, micros: median(micros), ratio: median(micros) / base }))
}
