import { SetupError } from '../errors.ts'

/** The packages are optional. A missing one is reported as a setup error. */
async function load () {
  try {
    return await Promise.all([
      import('@fastify/otel'), import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources')
    ])
  } catch (cause) {
    throw new SetupError([{
      subject: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      problem: 'the packages for tracing are not installed',
      remedy: 'Install the optional packages (npm install --include=optional), or remove the setting.'
    }], { cause })
  }
}

/**
 * Sends traces to a collector by OTLP over HTTP. The OpenTelemetry library reads OTEL_SERVICE_NAME,
 * OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS from the environment.
 */
export async function openTracing (endpoint: string) {
  const [{ FastifyOtelInstrumentation }, sdk, { OTLPTraceExporter }, resources] = await load()
  const provider = new sdk.NodeTracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': 'flowgate' })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter({
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`
    }))]
  })
  provider.register() // continues the trace of a request that has `traceparent`
  const instrumentation = new FastifyOtelInstrumentation({
    // The library records the whole URL. Queries can contain keys and tokens.
    requestHook: (span, { method, url, routeOptions }) => {
      span.setAttribute('url.path', url.split('?', 1)[0] ?? '')
      span.updateName(`${method} ${routeOptions.url ?? 'unknown'}`)
    }
  })
  instrumentation.setTracerProvider(provider)
  return { plugin: instrumentation.plugin(), close: () => provider.shutdown() }
}
