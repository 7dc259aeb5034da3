import fp from 'fastify-plugin'

/**
 * OpenTelemetry traces of requests and hooks, if OTEL_EXPORTER_OTLP_ENDPOINT names a collector; otherwise nothing is
 * loaded. Registered before the other plugins, because it traces only what is registered after it.
 */
export const tracingPlugin = fp(async app => {
  const { otelExporterOtlpEndpoint: endpoint } = app.config
  if (endpoint === undefined) return
  const { openTracing } = await import('../../observability/tracing.ts')
  const { plugin, close } = await openTracing(endpoint)
  await app.register(plugin)
  app.addHook('onClose', () => {
    app.closing.waitsFor = 'the trace collector'
    return close()
  })
}, { name: 'tracing', dependencies: ['config', 'closing'] })
