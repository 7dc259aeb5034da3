import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { generateApiKey } from '../../src/crypto/api-keys.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { rounds } from '../helpers/faults.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { type Server, startServer } from '../helpers/server.ts'

const SECONDS = rounds(6, 30)

/** Allowed growth: bounded caches that fill, and compiled code. */
const GROWTH_MIB = 12

const preload = fileURLToPath(new URL('../helpers/heap-on-signal.mjs', import.meta.url))

/** Heap of a server after garbage collection, in MiB. */
async function heldBy ({ child, logs }: Server): Promise<number> {
  const said = () => [...logs().matchAll(/heap: (\d+)\n/g)].map(([, bytes]) => Number(bytes) / 2 ** 20)
  const before = said().length
  child.kill('SIGUSR2')
  for (let waited = 0; waited < 10_000; waited += 50) {
    const held = said()[before]
    if (held !== undefined) return held
    await sleep(50)
  }
  throw new Error('the server does not say what it holds')
}

t.test('the memory of a server under long load does not grow', { timeout: 180_000, ...needsPostgres }, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const server = await startServer(t, {
    env: {
      LANGFLOW_DATABASE_URL: database, LANGFLOW_RATE_LIMIT_ENABLED: 'true', NODE_OPTIONS: `--import=${preload}`
    }
  })
  const headers = bearer(await signIn(server.url))
  let n = 0
  let requests = 0
  /** Creates state that could leak: sessions, names, tokens and keys that are used once. */
  const work: Array<() => Promise<unknown>> = [
    async () => {
      const tokens = await signIn(server.url)
      return send(server.url, '/logout', { method: 'POST', headers: bearer(tokens) })
    },
    () => fetch(`${server.url}/api/v1/login`, {
      method: 'POST', body: new URLSearchParams({ username: `nobody ${++n}`, password: 'x' })
    }).then(response => response.text()),
    () => send(server.url, '/users/whoami', { headers: { authorization: `Bearer ${++n}` } }),
    () => send(server.url, '/users/whoami', { headers: { 'x-api-key': generateApiKey() } }),
    () => send(server.url, `/users/?search=${++n}`, { headers }),
    async () => {
      const { json } = await send(server.url, '/api_key/', { method: 'POST', body: {}, headers })
      await send(server.url, '/users/whoami', { headers: { 'x-api-key': json.api_key } })
      return send(server.url, `/api_key/${json.id}`, { method: 'DELETE', headers })
    },
    () => send(server.url, `/nowhere/${++n}`)
  ]
  async function load (seconds: number) {
    const end = Date.now() + seconds * 1000
    await Promise.all(Array.from({ length: 8 }, async (_, at) => {
      for (let turn = at; Date.now() < end; turn++, requests++) await work[turn % work.length]?.()
    }))
    return heldBy(server)
  }
  const warm = await load(SECONDS)
  const later = await load(SECONDS)
  t.comment(`measured: ${warm.toFixed(1)} MiB held after ${SECONDS} s, ${later.toFixed(1)} MiB after ${2 * SECONDS} s ` +
    `and ${requests} turns`)
  t.ok(later < warm + GROWTH_MIB, `${warm.toFixed(1)} MiB became ${later.toFixed(1)}`)
  t.notMatch(server.logs(), /"status":5\d\d/)
  t.equal(await server.stop(), 0)
})
