import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './http.ts'

type Headers = Record<string, string>

type Answer = { status: number, retryAfter: string | undefined }

/** One request on a new connection. Status 0 means a broken connection. */
function post (url: string, name: string, headers: Headers): Promise<Answer> {
  return new Promise(resolve => {
    const request = http.request(`${url}/api/v1/api_key/`, {
      method: 'POST', agent: false, timeout: 20_000, headers: { ...headers, 'content-type': 'application/json' }
    }, response => {
      const end = (status: number) => resolve({ status, retryAfter: response.headers['retry-after'] })
      response.resume()
      response.on('end', () => end(response.complete ? response.statusCode ?? 0 : 0))
      response.on('error', () => end(0))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve({ status: 0, retryAfter: undefined }))
    request.end(JSON.stringify({ name }))
  })
}

let runs = 0

/** Clients that write continuously and record the acknowledged writes. */
export function startWriters (url: string, headers: Headers, { most = 2000, atOnce = 8 } = {}) {
  const run = ++runs
  const acknowledged: string[] = []
  const statuses: Record<number, number> = {}
  let slowestMs = 0
  let unexplained = 0
  let next = 0
  const over = new AbortController()
  async function work () {
    while (!over.signal.aborted && next < most) {
      const name = `write ${run}.${next++}`
      const since = Date.now()
      const { status, retryAfter } = await post(url, name, headers)
      slowestMs = Math.max(slowestMs, Date.now() - since)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === 503 && !(Number(retryAfter) > 0)) unexplained++
      if (status === 200) {
        acknowledged.push(name)
      } else {
        await sleep(20)
      }
    }
  }
  const done = Promise.all(Array.from({ length: atOnce }, work))
  return {
    acknowledged,
    /** Number of responses by status; 0 means a broken connection. */
    statuses,
    done,
    stop: async () => {
      over.abort()
      await done
      return { slowestMs, unexplained }
    },
    /** Waits for a number of acknowledged writes, at most a minute. */
    reached: async (count: number) => {
      for (let waited = 0; acknowledged.length < count && waited < 60_000; waited += 5) await sleep(5)
      if (acknowledged.length < count) throw new Error(`${acknowledged.length} of ${count}: ${JSON.stringify(statuses)}`)
    }
  }
}

/** The written items that the server has. */
export async function writtenNames (url: string, headers: Headers): Promise<string[]> {
  const { json } = await send(url, '/api_key/', { headers })
  return json.api_keys.map(({ name }: { name: string }) => name)
}

/** The acknowledged items that are missing. */
export async function lostOf (url: string, headers: Headers, acknowledged: string[]): Promise<string[]> {
  const names = new Set(await writtenNames(url, headers))
  return acknowledged.filter(name => !names.has(name))
}
