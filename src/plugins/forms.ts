import fastifyFormbody from '@fastify/formbody'
import fastifyMultipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidFields, MalformedRequest } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes this scope read forms, of both encodings, and nothing else: a JSON body counts as an empty form. */
    takeFormsOnly: () => void
    /** Makes this scope read multipart forms whose files are JSON, each parsed into the body under its field's name. */
    takeJsonFilesOnly: (options: { bytesMax: number }) => void
  }
}

const isUtf8 = new TextDecoder('utf-8', { fatal: true })

function notJson (field: string): InvalidFields {
  return new InvalidFields([{ type: 'json_invalid', loc: ['body', field], msg: 'JSON decode error' }])
}

/** What the parser says, without a status or a code, of a form that is broken or was cut short. */
const broken = /^Multipart: |multipart data$|^Unexpected end|^The needle |^Malformed |^Unsupported content/i

/** A file's JSON, with or without a byte order mark, as the value of its field. */
async function parseFile (part: MultipartFile) {
  const bytes = await part.toBuffer()
  try {
    Object.assign(part, { value: JSON.parse(isUtf8.decode(bytes)) })
  } catch {
    throw notJson(part.fieldname)
  }
}

export const formsPlugin = fp(async app => {
  function onlyForms (scope: FastifyInstance) {
    // Thrown on, to the one handler that answers.
    scope.setErrorHandler(error => {
      throw error instanceof Error && broken.test(error.message)
        ? new MalformedRequest('The form is broken', { cause: error })
        : error
    })
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, async () => ({}))
  }

  app.decorate('takeFormsOnly', function (this: FastifyInstance) {
    this.register(fastifyFormbody)
    this.register(fastifyMultipart, {
      attachFieldsToBody: 'keyValues', limits: { fields: 10, files: 0, fieldSize: 8192, parts: 10 }
    })
    onlyForms(this)
  })

  app.decorate('takeJsonFilesOnly', function (this: FastifyInstance, { bytesMax }) {
    this.register(fastifyMultipart, {
      attachFieldsToBody: 'keyValues',
      onFile: parseFile,
      limits: { fields: 10, files: 1, fieldSize: 8192, parts: 10, fileSize: bytesMax }
    })
    onlyForms(this)
  })
}, { name: 'forms', dependencies: ['security'] })
