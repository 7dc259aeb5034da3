import fp from 'fastify-plugin'

/** One line for each answer. The path without its query: keys and tokens have been seen in queries. */
export const requestLogPlugin = fp(async app => {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: request.ip
    }, 'answered')
  })
}, { name: 'request-log' })
