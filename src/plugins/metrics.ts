import fp from 'fastify-plugin'
import { Failure } from '../errors.ts'

/**
 * Prometheus metrics at an address of their own, where the settings ask for them: else nothing is loaded, no hook runs.
 * Labels are routes, methods, statuses and codes: their number is bounded, and none of them tells of a person.
 */
export const metricsPlugin = fp(async app => {
  const { prometheusEnabled, prometheusHost, prometheusPort } = app.config
  if (!prometheusEnabled) return
  const { openMetrics } = await import('../metrics.ts')
  const metrics = openMetrics()
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    metrics.answered(method, routeOptions.url ?? 'unknown', statusCode, elapsedTime / 1000)
  })
  app.addHook('onError', async (_request, _reply, error: unknown) => {
    if (error instanceof Failure) metrics.failed(error.kind.code)
  })
  app.addHook('onReady', async () => {
    const url = await metrics.listen(prometheusHost, prometheusPort)
    app.log.info({ metrics: url }, `metrics at ${url}`)
  })
  app.addHook('onClose', () => metrics.close())
}, { name: 'metrics', dependencies: ['config'] })
