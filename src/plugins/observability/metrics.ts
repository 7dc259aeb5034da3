import fp from 'fastify-plugin'
import { listenFailure } from '../../system/listen-failure.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a failure whose answer no `onResponse` hook follows; does nothing where metrics are off. */
    countFailure: (code: string) => void
  }
}

/**
 * Prometheus metrics at an address of their own, where the settings ask for them: else nothing is loaded, no hook runs.
 * Labels are routes, methods, statuses and codes: their number is bounded, and none of them tells of a person.
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
  // What was thrown becomes a failure in the error handler, so failures are counted by their answers.
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
