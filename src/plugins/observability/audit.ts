import fp from 'fastify-plugin'
import { Failure } from '../../errors.ts'

/** Records the security events that failures carry. The services record all others themselves. */
export const auditPlugin = fp(async app => {
  const { events } = app.services
  app.addHook('onError', async (request, _reply, error: unknown) => {
    if (error instanceof Failure) events.recordRefusal(request.anyCaller, error)
  })
}, { name: 'audit', dependencies: ['services', 'principal'] })
