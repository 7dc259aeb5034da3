import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import t from 'tap'
import { generateApiKey } from '../../src/crypto/api-keys.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { rounds } from '../helpers/faults.ts'
import { bearer, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

const SECONDS = rounds(6, 60)

/** Memory of a process, in MiB. */
const memoryOf = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const isLinux = platform() === 'linux' ? {} : { skip: 'no /proc to read the memory from' }

t.test('a server that works for long does not grow', { timeout: 180_000, ...needsPostgres, ...isLinux }, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const server = await startServer(t, { env: { LANGFLOW_DATABASE_URL: database, LANGFLOW_RATE_LIMIT_ENABLED: 'true' } })
  const headers = bearer(await signIn(server.url))
  let n = 0
  let requests = 0
  /** What leaves something behind when it is forgotten: sessions, names, tokens and keys that are never seen again. */
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
    return memoryOf(server.child.pid ?? 0)
  }
  const warm = await load(SECONDS)
  const later = await load(SECONDS)
  t.comment(`measured: ${Math.round(warm)} MiB after ${SECONDS} s, ${Math.round(later)} MiB after ${2 * SECONDS} s ` +
    `and ${requests} turns`)
  t.ok(later < warm * 1.25 + 32, `${Math.round(warm)} MiB became ${Math.round(later)}`)
  t.notMatch(server.logs(), /"status":5\d\d/)
  t.equal(await server.stop(), 0)
})
