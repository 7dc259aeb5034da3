import fp from 'fastify-plugin'
import type { Clock } from '../../services/upkeep/clock.ts'

declare module 'fastify' {
  interface FastifyInstance { clock: Clock }
}

const SYNC_INTERVAL_MS = 30_000
/** A larger difference is logged, because log lines have the time of the machine. */
const OFF_MS = 5000

/** `app.clock`: the time of the database, so that replicas agree on expiry whatever their clocks say. */
export const clockPlugin = fp<{ clock?: Clock | undefined }>(async (app, options) => {
  if (options.clock) {
    app.decorate('clock', options.clock)
    return
  }
  const { database: { clock: { now, sync } }, log } = app
  const offMs = Date.now() - now().getTime()
  if (Math.abs(offMs) > OFF_MS) {
    log.warn({ off_seconds: Math.round(offMs / 1000) },
      'the clock of this machine differs from that of the database, which is used')
  }
  const timer = setInterval(() => {
    sync().catch((err: unknown) => log.warn({ err }, 'failed to read the time of the database'))
  }, SYNC_INTERVAL_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.decorate('clock', now)
}, { name: 'clock', dependencies: ['database'] })
