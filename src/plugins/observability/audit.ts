import fp from 'fastify-plugin'
import { Failure } from '../../errors.ts'
import type { EventFacts } from '../../services/audit/events.ts'

/** Records the security events that failures carry. The services record all others themselves. */
export const auditPlugin = fp(async app => {
  const { events } = app.services
  app.addHook('onError', async (request, _reply, error: unknown) => {
    if (!(error instanceof Failure)) return
    for (const { event, ...facts } of error.events as readonly EventFacts[]) { // services alone add them
      events.record(undefined, request.anyCaller, event, facts)
    }
  })
}, { name: 'audit', dependencies: ['services', 'principal'] })
