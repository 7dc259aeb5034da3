import fp from 'fastify-plugin'
import { listenFailure } from '../../system/listen-failure.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a failure for which no `onResponse` hook runs. Does nothing if metrics are off. */
    countFailure: (code: string) => void
  }
}

/**
 * Serves Prometheus metrics at a separate address if the settings enable them; otherwise nothing is loaded. The labels
 * are routes, methods, statuses and codes, so their number is bounded and none identifies a person.
 */
export const metricsPlugin = fp(async app => {
  const { prometheusEnabled, prometheusHost, prometheusPort } = app.config
  if (!prometheusEnabled) {
    app.decorate('countFailure', () => {})
    return
  }
  const { openMetrics } = await import('../../observability/metrics.ts')
  const metrics = openMetrics()
  app.decorate('countFailure', code => metrics.failed(code))
  // The error handler turns everything thrown into a failure, so failures are counted by their responses.
  app.addHook('onResponse', async ({ method, routeOptions, failureCode }, { statusCode, elapsedTime }) => {
    metrics.answered(method, routeOptions.url ?? 'unknown', statusCode, elapsedTime / 1000)
    if (failureCode !== '') metrics.failed(failureCode)
  })
  app.addHook('onReady', async () => {
    const url = await metrics.listen(prometheusHost, prometheusPort).catch((cause: unknown) => {
      throw listenFailure({
        host: prometheusHost,
        port: prometheusPort,
        hostSetting: 'LANGFLOW_PROMETHEUS_HOST',
        portSetting: 'LANGFLOW_PROMETHEUS_PORT'
      }, cause)
    })
    app.log.info({ metrics: url }, `metrics at ${url}`)
  })
  app.addHook('onClose', () => metrics.close())
}, { name: 'metrics', dependencies: ['config'] })
