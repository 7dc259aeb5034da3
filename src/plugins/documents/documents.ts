import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

type Options = {
  /** By default JSON. */
  type?: string
  /** For how long caches may use the document without asking. By default `DOCUMENT_MAX_AGE_SECONDS`. */
  maxAgeSeconds?: number
  /** By default derived from the text. */
  etag?: string
}

/** How long caches use the metadata and the keys of this server. Keys are published earlier than that. */
const DOCUMENT_MAX_AGE_SECONDS = 300

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a document that is the same for every client, with an ETag, or 304 (RFC 9110, 8.8.3 and 13.1.2). */
    sendDocument: (text: string, options?: Options) => FastifyReply
  }
}

/** The strong ETag of a text. */
export const etagOf = (text: string) => `"${createHash('sha256').update(text).digest('base64url')}"`

/** `reply.sendDocument` */
export const documentsPlugin = fp(async app => {
  app.decorateReply('sendDocument', function (this: FastifyReply, text, options = {}) {
    const { type = 'application/json', maxAgeSeconds = DOCUMENT_MAX_AGE_SECONDS, etag = etagOf(text) } = options
    this.headers({ etag, 'cache-control': maxAgeSeconds === 0 ? 'no-cache' : `public, max-age=${maxAgeSeconds}` })
    // Weak comparison: a proxy that compresses the response may have weakened the tag.
    const known = this.request.headers['if-none-match']?.split(',').map(tag => tag.trim().replace(/^W\//, '')) ?? []
    if (known.includes('*') || known.includes(etag)) return this.code(304).send()
    return this.type(type).send(text)
  })
}, { name: 'documents' })
