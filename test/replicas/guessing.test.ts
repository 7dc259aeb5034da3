import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { sendFrom, signInFrom } from '../helpers/addresses.ts'
import { ADMIN } from '../helpers/app.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { needsRedis, startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'

const [HOME, CAFE] = ['127.0.2.1', '127.0.3.1']
const HOSTILE_MS = 10_000

/** Replicas on a large machine: hashes at full cost, and sixteen concurrent ones. */
async function startReplicas (t: Test, count: number, env: Record<string, string> = {}) {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const settings = {
    LANGFLOW_DATABASE_URL: database,
    LANGFLOW_RATE_LIMIT_ENABLED: 'true',
    LANGFLOW_PASSWORD_MEMORY_KIB: undefined,
    LANGFLOW_PASSWORD_ITERATIONS: undefined,
    LANGFLOW_PASSWORD_QUEUE_MAX: '1000',
    ...env
  }
  const urls: string[] = []
  for (let n = 0; n < count; n++) urls.push((await startServer(t, { env: settings })).url)
  return urls
}

const statusesOf = (answers: Array<{ status: number }>) => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

async function guessInParallel (t: Test, slots: number, env: Record<string, string> = {}) {
  const urls = await startReplicas(t, 2, { ...env, LANGFLOW_PASSWORD_CONCURRENCY: String(slots) })
  const guess = (n: number) => signInFrom(HOME, urls[n % 2] ?? '', ADMIN.username, `guess ${n}`)
  const statuses = statusesOf(await Promise.all(Array.from({ length: 300 }, (_, n) => guess(n))))
  t.equal(statuses[401], 5, JSON.stringify(statuses))
  t.equal(Object.values(statuses).reduce((sum, count) => sum + count), 300)
  t.ok(Object.keys(statuses).every(status => ['401', '429', '503'].includes(status)))
  t.comment(`measured: of 300 parallel guesses over two replicas with ${slots} hashing slots each, ${statuses[401]} are checked`)
  t.equal((await signInFrom(CAFE, urls[0] ?? '', ADMIN.username, ADMIN.password)).status, 200)
}

t.test('of 300 parallel guesses over two replicas with 16 hashing slots each, five are checked', {
  timeout: 120_000, ...needsPostgres
}, t => guessInParallel(t, 16))

t.test('of 300 parallel guesses over two replicas of a machine with 64 cores, five are checked', {
  timeout: 120_000, ...needsPostgres
}, t => guessInParallel(t, 64))

t.test('of 300 parallel guesses over two replicas that count in Redis, five are checked', {
  timeout: 120_000, ...needsRedis
}, async t => guessInParallel(t, 16, { LANGFLOW_RATE_LIMIT_STORAGE_URI: (await startRedis(t)).uri }))

t.test('the owner signs in from another network during an attack over 150 connections from one network', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const [url = ''] = await startReplicas(t, 1)
  const owner = async () => {
    const since = performance.now()
    const { status } = await signInFrom(CAFE, url, ADMIN.username, ADMIN.password)
    return { status, ms: performance.now() - since }
  }
  const p95 = (answers: Array<{ ms: number }>) =>
    answers.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(answers.length * 0.95)] ?? Infinity
  await owner()
  const quiet = []
  for (let n = 0; n < 20; n++) quiet.push(await owner())

  const until = Date.now() + HOSTILE_MS
  let hostile = 0
  const attack = Promise.all(Array.from({ length: 150 }, async (_, n) => {
    while (Date.now() < until) {
      await sendFrom(HOME, `${url}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `username=user-${n}&password=guess-${hostile++}`
      })
    }
  }))
  const under = []
  while (Date.now() < until) {
    under.push(await owner())
    await sleep(100)
  }
  await attack
  t.strictSame(statusesOf(under), { 200: under.length })
  const [before, during] = [p95(quiet), p95(under)]
  t.comment(`measured: the owner's sign-in p95 ${before.toFixed(0)} ms on a quiet server, ${during.toFixed(0)} ms ` +
    `while 150 connections sent ${hostile} guesses (${under.length} sign-ins)`)
  t.ok(during < before * 6, `p95 ${during.toFixed(0)} ms within six times ${before.toFixed(0)} ms`)
})
