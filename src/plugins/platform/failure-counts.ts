import fp from 'fastify-plugin'
import { type FailureCounts, openFailureCounts } from '../../db.ts'

declare module 'fastify' {
  interface FastifyInstance { failureCounts: FailureCounts }
}

/** `app.failureCounts`: counts failed sign-ins, in the database or in the Redis that the settings name. */
export const failureCountsPlugin = fp(async app => {
  const { clock, config, database: { run, deadline }, log } = app
  const counts = await openFailureCounts({
    ...config,
    run,
    deadline,
    clock,
    onError: err => log.warn({ err }, 'the connection to Redis broke')
  })
  app.decorate('failureCounts', counts)
  app.addHook('onClose', () => {
    app.closing.waitsFor = 'the store of the sign-in limits to close'
    return counts.close()
  })
}, { name: 'failure-counts', dependencies: ['database', 'clock', 'closing'] })
