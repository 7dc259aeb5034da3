import fp from 'fastify-plugin'
import { createFailureCounts, type FailureCounts, openRedisCounts } from '../db.ts'

declare module 'fastify' {
  interface FastifyInstance { failureCounts: FailureCounts }
}

/** `app.failureCounts`: where failed sign-ins are counted; the database, unless the settings name a Redis. */
export const failureCountsPlugin = fp(async app => {
  const { clock, config: { rateLimitStorageUri: uri = 'memory://', rateLimitEnabled, databaseConnectSeconds }, log } = app
  const isRedis = rateLimitEnabled && uri !== 'memory://'
  const counts = isRedis
    ? await openRedisCounts({
      uri,
      clock,
      connectSeconds: databaseConnectSeconds,
      onError: err => log.warn({ err }, 'the connection to Redis broke')
    })
    : createFailureCounts(app.database.run)
  app.decorate('failureCounts', counts)
  app.addHook('onClose', () => counts.close())
}, { name: 'failure-counts', dependencies: ['database', 'clock'] })
