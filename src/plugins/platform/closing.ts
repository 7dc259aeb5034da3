import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** What closing waits for now, in words of the log: set by each `onClose` hook that may take its time. */
    closing: { waitsFor: string }
  }
}

/** `app.closing`: names the cause when the end of the process takes too long. Hooks run last registered first. */
export const closingPlugin = fp(async app => {
  app.decorate('closing', { waitsFor: 'requests in flight' })
}, { name: 'closing' })
