import fp from 'fastify-plugin'
import { type Clock, createSharedClock } from '../services/clock.ts'

declare module 'fastify' {
  interface FastifyInstance { clock: Clock }
}

const SYNC_INTERVAL_MS = 30_000
/** Beyond this an operator should know: logs carry the machine's own time. */
const OFF_MS = 5000

const readNow = { name: 'flowgate_now', text: 'SELECT clock_timestamp() AS now' }

/** `app.clock`: the database's time, so that replicas agree on when something ends whatever their own clocks say. */
export const clockPlugin = fp<{ clock: Clock | undefined }>(async (app, options) => {
  if (options.clock) {
    app.decorate('clock', options.clock)
    return
  }
  const { database: { run }, log } = app
  const onError = (err: unknown) => log.warn({ err }, 'the clock could not be compared with the database\'s')
  const { now, sync } = createSharedClock({
    onError,
    readShared: async () => {
      const [row] = await run<{ now: Date }>(readNow, [])
      if (!row) throw new Error('a statement without a row')
      return row.now
    }
  })
  await sync()
  const offMs = Date.now() - now().getTime()
  if (Math.abs(offMs) > OFF_MS) {
    log.warn({ off_seconds: Math.round(offMs / 1000) },
      'the clock of this machine is not that of the database; the database\'s counts')
  }
  const timer = setInterval(() => { sync().catch(onError) }, SYNC_INTERVAL_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.decorate('clock', now)
}, { name: 'clock', dependencies: ['database'] })
