import type { Database } from '../../db.ts'
import { Unhealthy } from '../../errors.ts'

/** How long the result of a check is shared, in milliseconds. */
const GOOD_FOR_MS = 1000

const answer = { name: 'flowgate_answer', text: 'SELECT 1' }

/** Checks whether the database responds. Concurrent requests share one check. */
export function createHealth ({ run }: Pick<Database, 'run'>) {
  let look: Promise<unknown> | undefined

  function lookOnce () {
    look ??= run(answer, []).finally(() => setTimeout(() => { look = undefined }, GOOD_FOR_MS).unref())
    return look
  }

  return {
    /** @throws the error of the database driver; the caller responds with 503 */
    ready: async (): Promise<void> => { await lookOnce() },

    /** @throws Unhealthy */
    async check (): Promise<void> {
      try {
        await lookOnce()
      } catch (cause) {
        throw new Unhealthy(undefined, { cause })
      }
    }
  }
}
