import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes this scope read forms, of both encodings, and nothing else: a JSON body counts as an empty form. */
    takeFormsOnly: () => void
  }
}

export const formsPlugin = fp(async app => {
  app.decorate('takeFormsOnly', function (this: FastifyInstance) {
    this.register(fastifyMultipart, {
      attachFieldsToBody: 'keyValues', limits: { fields: 10, files: 0, fieldSize: 8192, parts: 10 }
    })
    this.removeContentTypeParser('application/json')
    this.addContentTypeParser('application/json', { parseAs: 'string' }, async () => ({}))
  })
}, { name: 'forms', dependencies: ['security'] })
