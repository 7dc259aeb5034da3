import fp from 'fastify-plugin'
import { type FailureCounts, openFailureCounts } from '../../db.ts'

declare module 'fastify' {
  interface FastifyInstance { failureCounts: FailureCounts }
}

/** `app.failureCounts`: where failed sign-ins are counted; the database, unless the settings name a Redis. */
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
    app.closing.waitsFor = 'the store of the sign-in limits'
    return counts.close()
  })
}, { name: 'failure-counts', dependencies: ['database', 'clock', 'closing'] })
