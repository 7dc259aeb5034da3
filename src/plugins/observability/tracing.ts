import fp from 'fastify-plugin'

/**
 * OpenTelemetry traces of requests and their hooks, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector: else nothing
 * is loaded. Comes before every other plugin: it can trace only what is registered after it.
 */
export const tracingPlugin = fp(async app => {
  const { otelExporterOtlpEndpoint: endpoint } = app.config
  if (endpoint === undefined) return
  const { openTracing } = await import('../../observability/tracing.ts')
  const { plugin, close } = await openTracing(endpoint)
  await app.register(plugin)
  app.addHook('onClose', () => {
    app.closing.waitsFor = 'the collector of traces'
    return close()
  })
}, { name: 'tracing', dependencies: ['config', 'closing'] })
