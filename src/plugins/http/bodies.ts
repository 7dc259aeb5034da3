import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { UnsupportedMediaType } from '../../errors.ts'
import { jsonErrorPosition } from '../../json/error-position.ts'
import { notJson, readJsonText } from '../../json/read.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The text of the JSON body; empty without one. It preserves digits, order and repeated members, which the parsed
     * body loses.
     */
    jsonText: string
  }
  interface FastifyContextConfig {
    /** Whether the route has a schema for its body. */
    takesBody?: boolean
  }
}

/** The content type of bodies that the route does not use. They are read up to the body limit and discarded. */
const UNUSED = 'application/x-flowgate-unused'

const bodyless = new Set(['GET', 'HEAD'])

/** Whether the request has a body. A chunked body may be empty (RFC 9112, 6.3). */
const mayHaveContent = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * Accepts bodies that are not compressed, and JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). An empty body
 * counts as no body, whatever its content type. Routes without a schema for a body ignore both.
 */
export const bodiesPlugin = fp(async app => {
  app.addHook('onRoute', route => {
    if (route.schema?.body !== undefined) route.config = { ...route.config, takesBody: true }
  })

  // Runs after the guards, so that unauthenticated clients learn nothing about the body of a route.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (bodyless.has(request.method)) {
      done(null, payload)
      return
    }
    const { headers } = request
    const hasContent = mayHaveContent(request)
    const isUsed = request.routeOptions.config.takesBody === true
    if (!hasContent) delete headers['content-type']
    else if (!isUsed) headers['content-type'] = UNUSED
    const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity'
    if (hasContent && isUsed && isEncoded) {
      done(new UnsupportedMediaType('Send the body without Content-Encoding'))
    } else done(null, payload)
  })

  app.decorateRequest('jsonText', '')
  // Rejects members that could change a prototype.
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) {
      done(null, undefined)
      return
    }
    request.jsonText = readJsonText(bytes, ['body', 0], 'refuse')
    parse(request, request.jsonText, (error, value) =>
      error ? done(notJson(['body', jsonErrorPosition(request.jsonText) ?? 0])) : done(null, value))
  })

  app.addContentTypeParser(UNUSED, { parseAs: 'buffer' }, (_request, _bytes, done) => done(null, undefined))

  // Rejects other types at their first byte: a chunked body may be empty.
  app.addContentTypeParser('*', (_request, payload, done) => {
    let isOver = false
    const end = (error: Error | null) => {
      if (!isOver) done(error, undefined)
      isOver = true
    }
    payload.on('data', () => end(new UnsupportedMediaType('Unsupported media type: send JSON')))
      .on('end', () => end(null)).on('error', end)
  })
}, { name: 'bodies', dependencies: ['errors'] })
