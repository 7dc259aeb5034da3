import type { FastifyReply, FastifyRequest } from 'fastify'
import { etagOf } from '../documents/documents.ts'

/** A handler that sends the same text to everyone. The text and its ETag are created on first use. */
export function sendDocument (type: string, create: () => string) {
  let document: { text: string, etag: string } | undefined
  return async (_request: FastifyRequest, reply: FastifyReply) => {
    if (!document) {
      const text = create()
      document = { text, etag: etagOf(text) }
    }
    return reply.sendDocument(document.text, { type, maxAgeSeconds: 0, etag: document.etag })
  }
}
