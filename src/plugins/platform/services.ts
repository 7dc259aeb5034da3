import fp from 'fastify-plugin'
import { composeServer, type Services } from '../../composition.ts'
import type { WriteEvent } from '../../services/audit/sink.ts'
import { eventLog } from '../observability/event-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    services: Services
    /** Called with each security event, after it is written to the log. */
    eventListeners: Set<WriteEvent>
  }
}

/** `app.services`: the services of the server, composed once. */
export const servicesPlugin = fp(async app => {
  const { accessRules, clock, config, database, failureCounts: counts, crypto: { box, hasher }, jwtSigner: jwt } = app
  const { log } = app
  const events = eventLog(log, config)
  const listeners = new Set<WriteEvent>()
  const writeEvent: WriteEvent = (level, line) => {
    events[level](line, 'security event')
    for (const listener of listeners) listener(level, line)
  }
  const services = composeServer({
    config,
    database,
    clock,
    counts,
    hasher,
    box,
    jwt,
    currentRules: accessRules.current,
    writeEvent,
    onError: (err, problem) => log.warn({ err }, problem)
  })
  app.decorate('services', services)
  app.decorate('eventListeners', listeners)
  app.addHook('onClose', async () => {
    app.closing.waitsFor = 'the database to store the counted uses of API keys'
    const { cleaner, rateLimits, usage } = services
    const [unwritten] = await Promise.all([usage.close(), cleaner.close(), rateLimits.close()])
    if (unwritten > 0) app.log.warn({ uses: unwritten }, 'uses of API keys could not be written and are lost')
  })
}, {
  name: 'services',
  dependencies: ['config', 'clock', 'database', 'failure-counts', 'crypto', 'jwt', 'access-rules']
})
