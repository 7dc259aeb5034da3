import type { Database } from '../../db.ts'
import { Unhealthy } from '../../errors.ts'

/** How long one look at the database serves everybody who asks, in milliseconds. */
const GOOD_FOR_MS = 1000

const answer = { name: 'flowgate_answer', text: 'SELECT 1' }

/** Whether the database answers; many who ask at once share one look. */
export function createHealth ({ run }: Pick<Database, 'run'>) {
  let look: Promise<unknown> | undefined

  function lookOnce () {
    look ??= run(answer, []).finally(() => setTimeout(() => { look = undefined }, GOOD_FOR_MS).unref())
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
