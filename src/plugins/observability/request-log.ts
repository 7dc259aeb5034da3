import fp from 'fastify-plugin'

/** Levels at which the line would be written; at others an answer does not pay for it. */
const writesLines = new Set(['trace', 'debug', 'info'])

/** One line for each answer. The path without its query: keys and tokens have been seen in queries. */
export const requestLogPlugin = fp(async app => {
  if (!writesLines.has(app.config.logLevel)) return
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: request.reached.address
    }, 'answered')
    done()
  })
}, { name: 'request-log', dependencies: ['config', 'forwarded'] })
