import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Work that boot need not wait for: done when its result is asked for, or in the first turns of the event loop
     * after the service listens. @returns how to ask
     */
    defer: <T>(work: () => T) => () => T
  }
}

/** `app.defer`: compiling for hundreds of routes takes a tenth of a second, and the first request meets one. */
export const deferralPlugin = fp(async app => {
  const waiting: Array<() => unknown> = []

  function workOn () {
    const work = waiting.shift()
    if (!work) return
    work()
    setImmediate(workOn)
  }

  app.decorate('defer', <T>(work: () => T) => {
    let done: { result: T } | undefined
    const ask = () => (done ??= { result: work() }).result
    waiting.push(ask)
    return ask
  })
  app.addHook('onListen', async () => { setImmediate(workOn) })
}, { name: 'deferral' })
