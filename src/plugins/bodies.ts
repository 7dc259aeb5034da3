import fp from 'fastify-plugin'
import { InvalidFields, UnsupportedMediaType } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Deeper than anything a route takes, and far from where a recursive reader runs out of stack. */
export const JSON_DEPTH_MAX = 2000

const [quote, backslash] = [0x22, 0x5c]
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/** Whether a JSON text is nested too deep, told from its bytes alone. */
function isTooDeep (bytes: Buffer): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (inString) {
      if (byte === backslash) i++
      else if (byte === quote) inString = false
    } else if (byte === quote) {
      inString = true
    } else if (opening.has(byte)) {
      if (++depth > JSON_DEPTH_MAX) return true
    } else if (closing.has(byte)) {
      depth--
    }
  }
  return false
}

const notJson = () => new InvalidFields([{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error' }])

/** Bodies as they are on the wire: never compressed, and JSON in UTF-8 without a byte order mark (RFC 8259, 8.1). */
export const bodiesPlugin = fp(async app => {
  // After the guards: a stranger learns nothing of what a route takes.
  app.addHook('preParsing', ({ headers: { 'content-encoding': encoding = 'identity' } }, _reply, payload, done) => {
    if (encoding === 'identity') done(null, payload)
    else done(new UnsupportedMediaType('Send the body as it is, without Content-Encoding'))
  })

  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    let text: string
    try {
      text = utf8.decode(bytes)
    } catch {
      return done(notJson())
    }
    return text.startsWith('\uFEFF') || isTooDeep(bytes) ? done(notJson()) : parse(request, text, done)
  })
}, { name: 'bodies', dependencies: ['errors'] })
