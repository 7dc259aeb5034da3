// The load generator, in a process of its own: a job as JSON on standard input, its result on standard output.
import { text } from 'node:stream/consumers'
import autocannon from 'autocannon'

/**
 * @typedef {{ url: string, method?: string, headers?: Record<string, string>[], paths?: string[], body?: string,
 *   connections: number, seconds: number }} Job headers and paths are taken in turn
 */

/** @type {Job} */
const job = JSON.parse(await text(process.stdin))
const { url, method = 'GET', headers = [{}], paths = ['/'], body, connections, seconds } = job
const requests = Array.from({ length: Math.max(headers.length, paths.length) }, (_, i) => ({
  method, path: paths[i % paths.length], headers: headers[i % headers.length], ...(body === undefined ? {} : { body })
}))
const result = await autocannon({ url, connections, duration: seconds, requests })
const answered = result['2xx']
process.stdout.write(JSON.stringify({
  answered, failed: result.non2xx + result.errors + result.timeouts, seconds: result.duration,
  p50Ms: result.latency.p50, p99Ms: result.latency.p99
}))
