import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Defers work that the boot does not need: it runs when its result is needed, or in the first turns of the event
     * loop after the server listens.
     * @returns a function that returns the result
     */
    defer: <T>(work: () => T) => () => T
  }
}

/** `app.defer`: compiling the schemas of all routes takes 0.1 s, and the first request needs one of them. */
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
