import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the shutdown waits for, for the log. Each `onClose` hook that may take long sets it. */
    closing: { waitsFor: string }
  }
}

/** `app.closing`: names the cause if the shutdown takes too long. Hooks run in reverse order of registration. */
export const closingPlugin = fp(async app => {
  app.decorate('closing', { waitsFor: 'requests in flight' })
}, { name: 'closing' })
