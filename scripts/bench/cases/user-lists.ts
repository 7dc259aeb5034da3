import { performance } from 'node:perf_hooks'
import { type Case, postgresOf } from '../case.ts'
import { median, spread } from '../figures.ts'
import { storeUsers } from '../stage.ts'

/** Requests of one measurement, one after another. */
const REQUESTS = 20
const LIMIT = 100

/** The list of accounts by username with the total count: pages 1 and 1,000. */
export const userLists: Case = {
  name: 'user-lists',
  summary: 'a page of 100 accounts of ever more, with their number',
  needsPostgres: true,
  measure: async (stage, { rounds, isSmoke }, progress) => {
    const { createDatabase, startReplica } = postgresOf(stage)
    const places = []
    for (const users of isSmoke ? [10, 200] : [1000, 100_000, 1_000_000]) {
      progress(`user-lists: ${users.toLocaleString('en')} accounts`)
      const { url, client } = await createDatabase()
      await storeUsers(client, users)
      const target = await startReplica(url)
      const { access_token: token } = await stage.signIn(target.url)
      const skips = users > 1000 * LIMIT - LIMIT ? [0, 999 * LIMIT] : [0]
      for (const skip of skips) places.push({ users, skip, target, token, ms: [] as number[] })
    }
    for (let round = 0; round <= rounds; round++) {
      progress(`user-lists: round ${round} of ${rounds}`)
      for (const { users, skip, target, token, ms } of places) {
        const times: number[] = []
        for (let i = 0; i < REQUESTS; i++) {
          const since = performance.now()
          const response = await fetch(`${target.url}/api/v1/users/?limit=${LIMIT}&skip=${skip}`, {
            headers: { authorization: `Bearer ${token}` }
          })
          const { total_count: total } = await response.json() as { total_count: number }
          times.push(performance.now() - since)
          if (total !== users + 1) throw new Error(`${total} accounts were counted, not ${users + 1}`)
        }
        if (round > 0) ms.push(median(times))
      }
    }
    await Promise.all([...new Set(places.map(({ target }) => target))].map(target => target.stop()))
    const [first, ...others] = places
    return others.map(({ users, skip, ms }) => ({
      what: `page ${skip / LIMIT + 1} of ${users.toLocaleString('en')}`,
      against: `page 1 of ${first?.users.toLocaleString('en')}`,
      spread: spread(ms.map((each, round) => each / (first?.ms[round] ?? NaN))),
      unit: '×' as const,
      reach: { max: 3 },
      note: `${ms.at(-1)?.toFixed(1)} ms`
    }))
  }
}
