import type { Db } from '../db.ts'
import { Unhealthy } from '../errors.ts'

/** How long one look at the database serves everybody who asks, in milliseconds. */
const GOOD_FOR_MS = 1000

/** Whether the database answers; many who ask at once share one look. */
export function createHealth ({ db }: { db: Db }) {
  let look: Promise<unknown> | undefined

  function lookOnce () {
    look ??= db.$queryRaw`SELECT 1`.finally(() => setTimeout(() => { look = undefined }, GOOD_FOR_MS).unref())
    return look
  }

  return {
    /** @throws what the database driver throws: the caller answers 503 */
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
