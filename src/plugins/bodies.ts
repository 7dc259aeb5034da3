import fp from 'fastify-plugin'
import { UnsupportedMediaType } from '../errors.ts'
import { readJsonText } from '../json/read.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of the JSON body; empty without one. It keeps what a parsed body loses: digits, order, repetition. */
    jsonText: string
  }
}

/** Bodies as they are on the wire: never compressed, and JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). */
export const bodiesPlugin = fp(async app => {
  // After the guards: a stranger learns nothing of what a route takes.
  app.addHook('preParsing', ({ headers: { 'content-encoding': encoding = 'identity' } }, _reply, payload, done) => {
    if (encoding === 'identity') done(null, payload)
    else done(new UnsupportedMediaType('Send the body as it is, without Content-Encoding'))
  })

  app.decorateRequest('jsonText', '')
  // Refuses members that could change a prototype.
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    request.jsonText = readJsonText(bytes, ['body', 0], 'refuse')
    parse(request, request.jsonText, done)
  })
}, { name: 'bodies', dependencies: ['errors'] })
