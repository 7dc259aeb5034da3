import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Failure } from '../../errors.ts'
import type { SecurityEvent } from '../../services/audit/events.ts'
import { eventLog } from './event-log.ts'

type Facts = Readonly<Record<string, unknown>>

declare module 'fastify' {
  interface FastifyRequest {
    /** Writes a security event to the log: what happened, by whom (`user`), from where, in which request. */
    audit: (event: SecurityEvent, facts?: Facts) => void
  }
}

/** Who acts, where a guard has found somebody. */
function actorOf (request: FastifyRequest): Facts {
  const principal = request.foundPrincipal
  if (!principal) return {}
  const { user, via, apiKey } = principal
  return { user: user.id, via, ...(apiKey ? { api_key: apiKey.id } : {}) }
}

/**
 * The log of security events. Routes tell of what was done; a failure that means something brings its events along.
 * Services know of neither request nor log.
 */
export const auditPlugin = fp(async app => {
  app.decorateRequest('audit', function (this: FastifyRequest, event, facts = {}) {
    const { address } = this.reached
    eventLog(this.log, app.config).info({ event, address, ...actorOf(this), ...facts }, 'security event')
  })
  app.addHook('onError', async (request, _reply, error: unknown) => {
    if (!(error instanceof Failure) || error.events.length === 0) return
    const log = eventLog(request.log, app.config)
    for (const { event, ...facts } of error.events) {
      log.warn({ event, address: request.reached.address, ...actorOf(request), ...facts }, 'security event')
    }
  })
}, { name: 'audit', dependencies: ['auth', 'config', 'forwarded'] })
