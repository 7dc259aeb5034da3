import fastifyFormbody from '@fastify/formbody'
import fastifyMultipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidRequest, MalformedRequest } from '../../errors.ts'
import { jsonErrorPosition } from '../../json/error-position.ts'
import { notJson, readJsonText } from '../../json/read.ts'

export type JsonFile = { field: string, text: string, value: unknown }

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes the routes of this scope read forms only. A JSON body counts as an empty form.
     * @param options.multipart whether multipart/form-data is read, too
     */
    takeFormsOnly: (options: { multipart: boolean }) => void
    /** Makes the routes of this scope read multipart forms with one JSON file into `request.jsonFile`. */
    takeJsonFilesOnly: (options: { bytesMax: number }) => void
  }
  interface FastifyRequest {
    /** The file of a form: the name of its field, its JSON as text and parsed; null without a file. */
    jsonFile: JsonFile | null
  }
}

/** Messages of the multipart parser for malformed or truncated forms. It gives them no code. */
const broken = /^Multipart: |multipart data$|^Unexpected end|^The needle |^Malformed |^Unsupported content/i

/** Reads a JSON file. A byte order mark is removed. @throws InvalidFields */
async function readFile (part: MultipartFile): Promise<JsonFile> {
  const field = part.fieldname
  const text = readJsonText(await part.toBuffer(), ['body', field], 'remove')
  try {
    return { field, text, value: JSON.parse(text) }
  } catch {
    throw notJson(['body', field, jsonErrorPosition(text) ?? 0])
  }
}

/** Removes empty fields: like FastAPI, an empty field or a missing form counts as missing fields. */
const dropEmptyFields = fp(async form => {
  form.addHook('preValidation', (request, _reply, done) => {
    request.body ??= {}
    const { body } = request
    if (typeof body === 'object' && body !== null) {
      for (const [name, value] of Object.entries(body)) if (value === '') Reflect.deleteProperty(body, name)
    }
    done()
  })
})

const formHint =
  'This route reads forms: send application/x-www-form-urlencoded or multipart/form-data instead of JSON.'

export const formsPlugin = fp(async app => {
  function onlyForms (scope: FastifyInstance) {
    // The error handler of the application sends what is thrown here.
    scope.setErrorHandler((error, { headers }) => {
      if (error instanceof Error && broken.test(error.message)) {
        throw new MalformedRequest('The form is malformed', { cause: error })
      }
      const isJson = headers['content-type']?.startsWith('application/json')
      throw error instanceof InvalidRequest && isJson ? error.withHint(formHint) : error
    })
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, async () => ({}))
  }

  // The multipart parser parses fields of the type JSON. Their 8 KiB are within the limits of src/json.
  app.decorate('takeFormsOnly', function (this: FastifyInstance, { multipart }) {
    this.register(fastifyFormbody)
    if (multipart) {
      this.register(fastifyMultipart, {
        attachFieldsToBody: 'keyValues', limits: { fields: 10, files: 0, fieldSize: 8192, parts: 10 }
      })
    }
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
