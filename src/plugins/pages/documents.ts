import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { JWKS_MAX_AGE_SECONDS } from '../../services/tokens/key-times.ts'

type Options = {
  /** By default JSON. */
  type?: string
  /** For how long caches may use the document without asking; 0: never. By default that of the JWKS. */
  maxAgeSeconds?: number
  /** By default derived from the text. */
  etag?: string
}

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a document that is the same for every client, with an ETag, or 304 (RFC 9110, 8.8.3 and 13.1.2). */
    sendDocument: (text: string, options?: Options) => FastifyReply
  }
}

/** The strong ETag of a text. */
const etagOf = (text: string) => `"${createHash('sha256').update(text).digest('base64url')}"`

/** A handler that sends a text which never changes. The text and its ETag are created on first use. */
export function fixedDocument (type: string, create: () => string) {
  let document: { text: string, etag: string } | undefined
  return async (_request: FastifyRequest, reply: FastifyReply) => {
    if (!document) {
      const text = create()
      document = { text, etag: etagOf(text) }
    }
    return reply.sendDocument(document.text, { type, maxAgeSeconds: 0, etag: document.etag })
  }
}

/** `reply.sendDocument` */
export const documentsPlugin = fp(async app => {
  app.decorateReply('sendDocument', function (this: FastifyReply, text, options = {}) {
    const { type = 'application/json', maxAgeSeconds = JWKS_MAX_AGE_SECONDS, etag = etagOf(text) } = options
    this.headers({ etag, 'cache-control': maxAgeSeconds === 0 ? 'no-cache' : `public, max-age=${maxAgeSeconds}` })
    // Weak comparison: a proxy that compresses the response may have weakened the tag.
    const known = this.request.headers['if-none-match']?.split(',').map(tag => tag.trim().replace(/^W\//, '')) ?? []
    if (known.includes('*') || known.includes(etag)) return this.code(304).send()
    return this.type(type).send(text)
  })
}, { name: 'documents' })
