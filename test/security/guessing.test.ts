import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CONSECUTIVE_MAX } from '../../src/services/sign-in/throttling/sign-in-guard.ts'
import { sendFrom, signInFrom } from '../helpers/addresses.ts'
import { ADMIN } from '../helpers/app.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { startServer } from '../helpers/server.ts'

const GUESSES = 500
const [HOME, CAFE] = ['127.0.2.1', '127.0.3.1']

/** A real server with hashes at full cost and without a proxy: the address is that of the connection. */
async function start (t: Test) {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const { url } = await startServer(t, {
    env: {
      LANGFLOW_DATABASE_URL: database,
      LANGFLOW_RATE_LIMIT_ENABLED: 'true',
      LANGFLOW_PASSWORD_MEMORY_KIB: undefined,
      LANGFLOW_PASSWORD_ITERATIONS: undefined
    }
  })
  return {
    url,
    signIn: (from: string) => signInFrom(from, url, ADMIN.username, ADMIN.password),
    /** Sends guesses, sixteen at a time. @returns the number of responses by status */
    attack: async (addressOf: (n: number) => string) => {
      const statuses: Record<number, number> = {}
      let next = 0
      await Promise.all(Array.from({ length: 16 }, async () => {
        for (let n = next++; n < GUESSES; n = next++) {
          const { status } = await signInFrom(addressOf(n), url, ADMIN.username, `guess ${n}`)
          statuses[status] = (statuses[status] ?? 0) + 1
        }
      }))
      return statuses
    }
  }
}

/** Requests /health continuously. @returns the 99th percentile of the response times, and the number of responses */
function watchHealth (url: string) {
  const took: number[] = []
  const over = new AbortController()
  const done = (async () => {
    while (!over.signal.aborted) {
      const since = performance.now()
      const { status } = await sendFrom(HOME, `${url}/health`)
      if (status === 200) took.push(performance.now() - since)
      await sleep(5)
    }
  })()
  return async () => {
    over.abort()
    await done
    return { p99: took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Infinity, count: took.length }
  }
}

t.test(`${GUESSES} guesses from one address, then one each from ${GUESSES}, are throttled, and the owner can sign in`, {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { url, signIn, attack } = await start(t)
  const home = await signIn(HOME)
  t.equal(home.status, 200)
  const endWatch = watchHealth(url)

  const since = Date.now()
  const alone = await attack(() => '127.0.1.1')
  const aloneMs = Date.now() - since
  t.strictSame(Object.keys(alone), ['401', '429'])
  t.equal(alone[401], 5, `from one address: ${JSON.stringify(alone)}`)
  t.equal((await signIn('127.0.1.1')).status, 429, 'the correct password gets the same response from this address')
  t.equal((await signIn(CAFE)).status, 200, 'the owner signs in from other networks, known or not')

  const began = Date.now()
  const spread = await attack(n => `127.1.${Math.floor(n / 250)}.${n % 250 + 1}`)
  const spreadMs = Date.now() - began
  t.strictSame(Object.keys(spread), ['401', '429'])
  const tried = spread[401] ?? 0
  t.equal(tried, CONSECUTIVE_MAX, `from ${GUESSES}: ${JSON.stringify(spread)}`)
  t.equal((await signIn('127.2.0.1')).status, 429, 'an unknown network gets one attempt a minute')
  const authorization = `Bearer ${JSON.parse(home.text).access_token}`
  t.equal((await sendFrom('127.2.0.1', `${url}/api/v1/users/whoami`, { headers: { authorization } })).status, 200,
    'sessions continue on any network')
  t.equal((await signIn(HOME)).status, 200, 'the owner signs in from a known network')
  t.equal((await signIn('127.2.0.2')).status, 200, 'this resets the counter for other networks')

  const { p99, count } = await endWatch()
  t.comment(`measured: guesses checked: ${alone[401]} of ${GUESSES} from one address (${aloneMs} ms), ` +
    `${tried} of ${GUESSES} from as many (${spreadMs} ms)`)
  t.comment(`measured: /health p99 ${p99.toFixed(1)} ms meanwhile (${count} requests)`)
  t.ok(p99 < 250, `/health p99 ${p99.toFixed(1)} ms`)
})
