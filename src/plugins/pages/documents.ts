import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Sends the same text to everyone, with an ETag (RFC 9110, 8.8.3). The text is created on first use. */
export function sendDocument (type: string, create: () => string) {
  let document: { text: string, etag: string } | undefined
  return async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    if (!document) {
      const text = create()
      document = { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
    }
    reply.headers({ etag: document.etag, 'cache-control': 'no-cache' })
    // Weak comparison: a proxy that compresses the response may have weakened the tag.
    const known = headers['if-none-match']?.split(',').map(tag => tag.trim().replace(/^W\//, '')) ?? []
    if (known.includes('*') || known.includes(document.etag)) return reply.code(304).send()
    return reply.type(type).send(document.text)
  }
}
