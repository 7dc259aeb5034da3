import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'

/** Fails the test if a route returns a status that its schema does not declare. */
export function watchStatuses (app: FastifyInstance, t: Test) {
  app.addHook('onSend', async (request, reply) => {
    const { schema, url } = request.routeOptions
    const declared = schema?.response as Record<string, unknown> | undefined
    if (!declared || url === undefined || schema?.hide) return
    if (!(String(reply.statusCode) in declared)) {
      t.fail(`${request.method} ${url} answered ${reply.statusCode}, which it does not declare`)
    }
  })
}
