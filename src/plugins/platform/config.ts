import fp from 'fastify-plugin'
import type { Config } from '../../config.ts'

declare module 'fastify' {
  interface FastifyInstance { config: Config }
}

/** `app.config`: the validated settings. Logs warnings about unsafe ones. */
export const configPlugin = fp<{ config: Config }>(async (app, { config }) => {
  app.decorate('config', config)
  for (const { subject, problem, remedy } of config.warnings) app.log.warn(`${subject}: ${problem}. ${remedy}`)
}, { name: 'config' })
