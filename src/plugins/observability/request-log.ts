import fp from 'fastify-plugin'

/** Levels at which the line is written. At other levels no hook is added. */
const writesLines = new Set(['trace', 'debug', 'info'])

/** Writes one line for each response. The path is logged without its query, which may contain keys and tokens. */
export const requestLogPlugin = fp(async app => {
  if (!writesLines.has(app.config.logLevel)) return
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: request.reached.address
    }, 'request completed')
    done()
  })
}, { name: 'request-log', dependencies: ['config', 'forwarded'] })
