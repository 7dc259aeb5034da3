import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaValidationError } from 'fastify'
import fp from 'fastify-plugin'
import { type FieldProblem, InvalidFields } from '../../errors.ts'
import { parseMoment } from '../../policy/moments.ts'
import { isStorable } from '../../policy/texts.ts'

/** All schemas are created with TypeBox: `strict` checks their keywords, and the metaschema is not compiled. */
const options = { allowUnionTypes: true, useDefaults: true, strict: true, meta: false, validateSchema: false }

/**
 * Bodies are not coerced: `{"name": 1}` is not a string. Query and path are text and are coerced. `bodies` stops at the
 * first problem, and checks the size of a list, object or text (`maxItems`, `maxProperties`, `maxLength`) before its
 * content. The other two report every problem.
 */
const bodies = new Ajv(options)
const smallBodies = new Ajv({ ...options, allErrors: true })
const texts = new Ajv({ ...options, allErrors: true, coerceTypes: true })
for (const ajv of [bodies, smallBodies, texts]) {
  addFormats.default(ajv, ['uri'])
  // The format of the plugin accepts `urn:uuid:`, which the database does not.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
  ajv.addFormat('storable', isStorable)
  ajv.addFormat('date-time', text => parseMoment(text) !== undefined)
}

/** Approximate size of a body up to which every problem is listed. */
const SMALL_CHARACTERS_MAX = 64 * 1024

/** Maximum number of problems in a response. */
export const PROBLEMS_MAX = 100

/** Maximum length of a member name in the location of a problem: it may come from the request. */
const STEP_LENGTH_MAX = 256

/** Whether the JSON of a parsed body has about SMALL_CHARACTERS_MAX characters or fewer. Stops counting there. */
function isSmall (body: unknown): boolean {
  let left = SMALL_CHARACTERS_MAX
  const waiting = [body]
  while (waiting.length > 0) {
    const value = waiting.pop()
    const isContainer = typeof value === 'object' && value !== null
    const names = isContainer && !Array.isArray(value) ? Object.keys(value) : []
    left -= typeof value === 'string' ? value.length : 1
    left -= names.reduce((sum, name) => sum + name.length + 3, Array.isArray(value) ? value.length : 0)
    if (left < 0) return false
    if (isContainer) for (const inner of Object.values(value)) waiting.push(inner)
  }
  return true
}

/** The names of the parts of a request in FastAPI's `loc`. */
const parts: Record<string, string> = {
  body: 'body', querystring: 'query', params: 'path', headers: 'header'
}

type Wording = (error: ErrorObject, isText: boolean) => [type: string, msg: string]

const typeNames: Record<string, [string, string]> = {
  string: ['string_type', 'Input should be a valid string'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  integer: ['int_type', 'Input should be a valid integer'],
  array: ['list_type', 'Input should be a valid list'],
  object: ['dict_type', 'Input should be a valid dictionary']
}
const parsings: Record<string, [string, string]> = {
  boolean: ['bool_parsing', 'Input should be a valid boolean, unable to interpret input'],
  integer: ['int_parsing', 'Input should be a valid integer, unable to parse string as an integer']
}
const formats: Record<string, [string, string]> = {
  uuid: ['uuid_parsing', 'Input should be a valid UUID'],
  'date-time': ['datetime_from_date_parsing', 'Input should be a valid datetime or date'],
  storable: ['string_unicode', 'Input should be valid Unicode text without NUL or a byte order mark']
}

/** FastAPI's type and message for each JSON Schema keyword. */
const wordings: Record<string, Wording> = {
  required: () => ['missing', 'Field required'],
  type: ({ params }, isText) => {
    const name = String([params['type']].flat()[0])
    return (isText ? parsings[name] : undefined) ?? typeNames[name] ?? ['type_error', `Input should be ${name}`]
  },
  format: ({ params }) => formats[params['format']] ?? ['value_error', `Input should be a ${params['format']}`],
  minimum: ({ params }) =>
    ['greater_than_equal', `Input should be greater than or equal to ${params['limit']}`],
  maximum: ({ params }) => ['less_than_equal', `Input should be less than or equal to ${params['limit']}`],
  minLength: ({ params }) => ['string_too_short', `String should have at least ${params['limit']} characters`],
  maxLength: ({ params }) => ['string_too_long', `String should have at most ${params['limit']} characters`],
  maxItems: ({ params }) => ['too_long', `List should have at most ${params['limit']} items`],
  minItems: ({ params }) => ['too_short', `List should have at least ${params['limit']} items`],
  maxProperties: ({ params }) => ['too_long', `Object should have at most ${params['limit']} members`],
  pattern: ({ params }) => ['string_pattern_mismatch', `String should match pattern '${params['pattern']}'`],
  enum: ({ params }) => ['enum', `Input should be ${params['allowedValues'].map((v: string) => `'${v}'`).join(' or ')}`]
}

/** Converts an error of Ajv to FastAPI's format. The input is not included. */
function toFieldProblem (error: ErrorObject, part: string): FieldProblem {
  const path = error.instancePath.split('/').slice(1)
    .map(step => /^\d+$/.test(step)
      ? Number(step)
      : step.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, STEP_LENGTH_MAX))
  const loc = [parts[part] ?? part, ...path]
  if (error.keyword === ABSENT.keyword) return { type: 'missing', loc, msg: 'Field required' }
  if (error.keyword === 'required') loc.push(error.params['missingProperty'])
  if (error.keyword === 'type' && part === 'body' && path.length === 0) {
    return { type: 'model_attributes_type', loc, msg: 'Input should be a valid dictionary or list as described' }
  }
  const wording = wordings[error.keyword]
  const [type, msg] = wording?.(error, part !== 'body') ?? ['value_error', error.message ?? 'Input is not valid']
  return { type, loc, msg }
}

/** Converts ids in the path to lower case. */
function canonical (params: unknown) {
  if (typeof params !== 'object' || params === null) return
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string' && name.endsWith('_id')) Object.assign(params, { [name]: value.toLowerCase() })
  }
}

/** FastAPI's spellings of booleans in a query. Python's clients send `True`. */
const flags = new Map([
  ...['true', '1', 'yes', 'on', 't', 'y'].map(word => [word, 'true'] as const),
  ...['false', '0', 'no', 'off', 'f', 'n'].map(word => [word, 'false'] as const)
])

/** An integer as pydantic accepts it. Ajv also accepts `0x10`, and `1e999` as a small number. */
const integer = /^\s*[+-]?\d{1,100}(\.0*)?\s*$/

const NO_NUMBER = 'no number'

/** Converts booleans of a query to Ajv's spelling, and replaces numbers that only Ajv accepts. */
function spell (schema: { properties?: Record<string, { type?: unknown }> }, query: unknown) {
  if (typeof query !== 'object' || query === null) return
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') continue
    const type = schema.properties?.[name]?.type
    if (type === 'boolean') Object.assign(query, { [name]: flags.get(value.toLowerCase()) ?? value })
    if (type === 'integer' && !integer.test(value)) Object.assign(query, { [name]: NO_NUMBER })
  }
}

type Errors = NonNullable<ValidateFunction['errors']>

/** No body, or `null`: FastAPI treats both as a missing body. */
const ABSENT: ErrorObject = { keyword: 'absent', instancePath: '', schemaPath: '', params: {} }

/** Lists every problem of a small body, but only the first one of a large body: each problem costs time and memory. */
function compileBody (schema: object): (body: unknown) => Errors | undefined {
  const validate = bodies.compile(schema)
  let collect: ValidateFunction | undefined
  return body => {
    if (validate(body)) return undefined
    if (body === null) return [ABSENT]
    if (!isSmall(body)) return validate.errors ?? []
    collect ??= smallBodies.compile(schema)
    collect(body)
    return (collect.errors ?? []).slice(0, PROBLEMS_MAX)
  }
}

function compileText (schema: object): (values: unknown) => Errors | undefined {
  const validate = texts.compile(schema)
  return values => validate(values) ? undefined : validate.errors?.slice(0, PROBLEMS_MAX) ?? []
}

/** Validates requests by the schemas of their routes, with FastAPI's messages. */
export const validationPlugin = fp(async app => {
  app.setValidatorCompiler<object>(({ schema, httpPart }) => {
    const compiled = app.defer(() => httpPart === 'body' ? compileBody(schema) : compileText(schema))
    return data => {
      if (httpPart === 'querystring') spell(schema, data)
      const errors = compiled()(data)
      // Fastify passes them to the formatter.
      if (errors) return { error: errors as unknown as Error }
      if (httpPart === 'params') canonical(data)
      return true
    }
  })
  app.setSchemaErrorFormatter((errors: FastifySchemaValidationError[], part) =>
    new InvalidFields((errors as ErrorObject[]).map(error => toFieldProblem(error, part))))
}, { name: 'validation', dependencies: ['deferral'] })
