// The load generator, a separate process. Reads a job as JSON from standard input and writes its result as JSON.
import { text } from 'node:stream/consumers'
import autocannon from 'autocannon'

/** @type {import('./processes.ts').Job} */
const job = JSON.parse(await text(process.stdin))
const { url, connections, seconds, method = 'GET' } = job
const { headers = [{}], paths = ['/'], bodies = [], refreshTokens = [], distinct } = job
const values = new Set()

const length = Math.max(headers.length, paths.length, bodies.length)
const requests = Array.from({ length }, (_, i) => ({
  method,
  path: paths[i % paths.length],
  headers: headers[i % headers.length],
  ...(bodies.length === 0 ? {} : { body: bodies[i % bodies.length] }),
  ...(distinct ? { onResponse: (_status, body) => { values.add(JSON.parse(body)[distinct]) } } : {})
}))

/** Gives each connection its own session: each response contains the token of the next request. */
function carryOn (client) {
  let token = refreshTokens.pop()
  client.setRequests([{
    method,
    path: paths[0],
    setupRequest: request => ({ ...request, headers: { cookie: `refresh_token_lf=${token}` } }),
    onResponse: (_status, body) => { token = JSON.parse(body).refresh_token }
  }])
}

let clients = 0

/** Distributes the requests over the connections: one connection with all of them takes seconds to create. */
function deal (client) {
  const turn = clients++
  client.setRequests(requests.filter((_, i) => i % connections === turn % Math.min(connections, length)))
}

const run = autocannon({
  url, connections, duration: seconds, setupClient: refreshTokens.length > 0 ? carryOn : deal
})
// The histogram of autocannon has whole milliseconds only.
const times = []
run.on('response', (_client, _status, _bytes, ms) => times.push(ms))
const result = await run
times.sort((a, b) => a - b)
const percentile = share => Math.round((times[Math.ceil(times.length * share) - 1] ?? NaN) * 100) / 100
process.stdout.write(JSON.stringify({
  answered: result['2xx'],
  failed: result.non2xx + result.errors + result.timeouts,
  seconds: result.duration,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  distinct: values.size
}))
