import { type Static, type StringOptions, type TSchema, Type } from '@sinclair/typebox'
import { failureKinds } from '../errors.ts'

/** A row's id: a UUID in its canonical spelling (RFC 9562). */
export const Id = Type.String({ format: 'uuid', examples: ['57a987a6-e52a-4e6c-9b08-e9710e43fbfd'] })

/** A moment: RFC 3339, in UTC. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-11-24T09:30:00.000Z'] })

/** A moment in a request: RFC 3339, also without an offset (then UTC) or as a date alone. */
export const Moment = Type.String({ format: 'date-time', maxLength: 64, examples: ['2027-01-31T00:00:00Z'] })

/** The same schema, or null, as JSON Schema 2020-12 writes it. */
export const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema['type'], 'null'] })

/** A member that may be left out or be null, which means the same. */
export const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema))

/** A text that a column can hold. @see isStorable */
export const Storable = (options: StringOptions) => Type.String({ format: 'storable', ...options })

/** Every code there is; docs/errors.md says of each what to do. Clients meet new ones,
  too: they are no breaking change. */
export const ErrorCode = Type.Unsafe<string>({
  type: 'string', enum: [...failureKinds.keys()], title: 'ErrorCode',
  description: 'What went wrong, for programs: stable.'
})

/** What a failure looks like. */
export const Failure = Type.Object({
  detail: Type.String({ description: 'What went wrong, for people.' }),
  code: ErrorCode,
  request_id: Type.String({ description: 'The same as in the server\'s log.' }),
  hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
  retry_after: Type.Optional(Type.String({ description: 'Of 429: seconds after which it goes on, at the latest.' }))
}, { title: 'Failure' })

const Problem = Type.Object({
  type: Type.String({ description: 'Kind of mistake, as FastAPI names it.' }),
  loc: Type.Array(Type.Unsafe<string | number>({}), { description: 'Where: body, query or path, then the member.' }),
  msg: Type.String({ description: 'What is allowed.' })
}, { title: 'FieldProblem' })

/** What a request that does not fit its schema is told. */
export const ValidationFailure = Type.Object({
  detail: Type.Array(Problem),
  code: ErrorCode,
  request_id: Type.String()
}, { title: 'ValidationFailure' })

/** Statuses any route may answer: a body that is no JSON, too long, of another type; a server without its database. */
const everywhere = [400, 413, 415, 422, 500, 503] as const

/** The response schemas of a route's failures: those named, and those every route shares. */
export function failures (...statuses: number[]): Record<number, typeof Failure | typeof ValidationFailure> {
  const all = new Set<number>([...everywhere, ...statuses])
  return Object.fromEntries([...all].map(status => [status, status === 422 ? ValidationFailure : Failure]))
}

/** No body. */
export const Empty = Type.Null({ description: 'Nothing.' })

/** A text for people. */
export const Detail = Type.Object({ detail: Type.String() }, { title: 'Detail' })

/** Any credential; see the document's security schemes. */
export const anyCredential: Array<Record<string, string[]>> = [{ bearer: [] }, { cookie: [] }, { apiKey: [] }]

/** A credential in a header: sent on purpose, where a browser sends its cookies by itself. */
export const explicitCredential: Array<Record<string, string[]>> = [{ bearer: [] }, { apiKey: [] }]
