import { SetupError } from '../errors.ts'

/** The packages are optional: whoever traces has them, and whoever leaves them out is told. */
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
      problem: 'the packages that make traces are not installed',
      remedy: 'Install Flowgate with its optional packages (npm install --include=optional), or remove the setting.'
    }], { cause })
  }
}

/**
 * Traces to a collector, by OTLP over HTTP. OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and
 * OTEL_EXPORTER_OTLP_HEADERS of the environment are the library's own to read.
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
  provider.register() // a request's own `traceparent` is continued
  const instrumentation = new FastifyOtelInstrumentation({
    // The library writes the whole URL down: keys and tokens have been seen in queries.
    requestHook: (span, { method, url, routeOptions }) => {
      span.setAttribute('url.path', url.split('?', 1)[0] ?? '')
      span.updateName(`${method} ${routeOptions.url ?? 'unknown'}`)
    }
  })
  instrumentation.setTracerProvider(provider)
  return { plugin: instrumentation.plugin(), close: () => provider.shutdown() }
}
