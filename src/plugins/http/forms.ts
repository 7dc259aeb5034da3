import fastifyFormbody from '@fastify/formbody'
import fastifyMultipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { MalformedRequest } from '../../errors.ts'
import { notJson, readJsonText } from '../../json/read.ts'

export type JsonFile = { field: string, text: string, value: unknown }

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes this scope read forms, of both encodings, and nothing else: a JSON body counts as an empty form. */
    takeFormsOnly: () => void
    /** Makes this scope read multipart forms with one file of JSON, see `jsonFile`. The body is not used. */
    takeJsonFilesOnly: (options: { bytesMax: number }) => void
  }
  interface FastifyRequest {
    /** The file of a form: its field's name, its JSON as text and parsed; null when there is none. */
    jsonFile: JsonFile | null
  }
}

/** What the parser says, without a status or a code, of a form that is broken or was cut short. */
const broken = /^Multipart: |multipart data$|^Unexpected end|^The needle |^Malformed |^Unsupported content/i

/** Reads a file of JSON, with or without a byte order mark. @throws InvalidFields */
async function readFile (part: MultipartFile): Promise<JsonFile> {
  const field = part.fieldname
  const text = readJsonText(await part.toBuffer(), ['body', field], 'remove')
  try {
    return { field, text, value: JSON.parse(text) }
  } catch {
    throw notJson(['body', field])
  }
}

/** An empty field, or no form at all, counts as missing fields, as FastAPI reads forms. Runs once the form is read. */
const dropEmptyFields = fp(async form => {
  form.addHook('preValidation', async request => {
    request.body ??= {}
    const { body } = request
    if (typeof body !== 'object' || body === null) return
    for (const [name, value] of Object.entries(body)) if (value === '') Reflect.deleteProperty(body, name)
  })
})

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

  // Fields that say they are JSON are parsed by the multipart reader: their 8 KiB are within every bound of src/json.
  app.decorate('takeFormsOnly', function (this: FastifyInstance) {
    this.register(fastifyFormbody)
    this.register(fastifyMultipart, {
      attachFieldsToBody: 'keyValues', limits: { fields: 10, files: 0, fieldSize: 8192, parts: 10 }
    })
    this.register(dropEmptyFields)
    onlyForms(this)
  })

  app.decorateRequest('jsonFile', null)
  app.decorate('takeJsonFilesOnly', function (this: FastifyInstance, { bytesMax }) {
    this.register(fastifyMultipart, {
      attachFieldsToBody: 'keyValues',
      onFile: async function (part) { this.jsonFile = await readFile(part) },
      limits: { fields: 10, files: 1, fieldSize: 8192, parts: 10, fileSize: bytesMax }
    })
    onlyForms(this)
  })
}, { name: 'forms', dependencies: ['security'] })
