import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

/** Histogram buckets from a cached read to a queued password hash, in seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The metrics and the server that exposes them. */
export function openMetrics () {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the end of its response.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [registry]
  })
  const failures = new Counter({
    name: 'flowgate_failures_total',
    help: 'Requests that were rejected or failed, by the code in docs/errors.md.',
    labelNames: ['code'],
    registers: [registry]
  })

  const server = createServer((request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end()
      return
    }
    registry.metrics().then(
      text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end())
  })
  server.requestTimeout = 5000

  return {
    answered: (method: string, route: string, status: number, seconds: number) =>
      durations.observe({ method, route, status }, seconds),
    failed: (code: string) => failures.inc({ code }),

    /** @returns the URL of the metrics */
    listen: (host: string, port: number) => new Promise<string>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        const { address, family, port: taken } = server.address() as AddressInfo // a port, not a pipe
        resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`)
      })
    }),

    close: () => new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}
