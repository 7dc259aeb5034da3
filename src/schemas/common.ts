import { type Static, type StringOptions, type TSchema, Type } from '@sinclair/typebox'
import { failureKinds } from '../errors.ts'

/** The id of a resource: a UUID in lower case (RFC 9562). */
export const Id = Type.String({ format: 'uuid', examples: ['57a987a6-e52a-4e6c-9b08-e9710e43fbfd'] })

/** A timestamp in RFC 3339 format, in UTC. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-11-24T09:30:00.000Z'] })

/** A timestamp in a request: RFC 3339, also without an offset (UTC), or a date. */
export const Moment = Type.String({ format: 'date-time', maxLength: 64, examples: ['2027-01-31T00:00:00Z'] })

/** The same schema, or null. */
export const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema['type'], 'null'] })

/** An optional member. `null` has the same meaning as no value. */
export const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema))

/** A text that the database can store. @see isStorable */
export const Storable = (options: StringOptions) => Type.String({ format: 'storable', ...options })

/** Every error code. docs/errors.md describes each. New codes may be added without notice. */
export const ErrorCode = Type.Unsafe<string>({
  type: 'string', enum: [...failureKinds.keys()], title: 'ErrorCode',
  description: 'What went wrong, for programs. Codes never change.'
})

/** An error response. */
export const Failure = Type.Object({
  detail: Type.String({ description: 'What went wrong, for people.' }),
  code: ErrorCode,
  request_id: Type.String({ description: 'The request ID, as in the server\'s log and in `X-Request-Id`.' }),
  hint: Type.Optional(Type.String({ description: 'How to solve the problem.' })),
  retry_after: Type.Optional(Type.String({ description: 'With 429: the maximum number of seconds to wait.' }))
}, { title: 'Failure' })

const Problem = Type.Object({
  type: Type.String({ description: 'The kind of error, as FastAPI names it.' }),
  loc: Type.Array(Type.Unsafe<string | number>({}), { description: 'The place: body, query or path, then members.' }),
  msg: Type.String({ description: 'What is allowed.' })
}, { title: 'FieldProblem' })

/** The response to a request that does not match its schema. */
export const ValidationFailure = Type.Object({
  detail: Type.Array(Problem),
  code: ErrorCode,
  request_id: Type.String(),
  hint: Type.Optional(Type.String({ description: 'How to solve the problem.' }))
}, { title: 'ValidationFailure' })

/** Statuses of every route: malformed, too large or unsupported bodies, and a server without its database. */
const everywhere = [400, 413, 415, 422, 500, 503] as const

/**
 * The error responses of a route: the given statuses and those that every route has. With credentials (401), also that
 * the rate limit of an API key is reached.
 */
export function failures (...statuses: number[]): Record<number, typeof Failure | typeof ValidationFailure> {
  const all = new Set<number>([...everywhere, ...statuses, ...statuses.includes(401) ? [429] : []])
  return Object.fromEntries([...all].map(status => [status, status === 422 ? ValidationFailure : Failure]))
}

/** A response without a body. */
export const Empty = Type.Null({ description: 'No content.' })

/** A message for people. */
export const Detail = Type.Object({ detail: Type.String() }, { title: 'Detail' })

/** Any credential. The names are those of the document's security schemes. */
export const anyCredential: Array<Record<string, string[]>> =
  [{ bearer: [] }, { password: [] }, { cookie: [] }, { apiKey: [] }]

/** A token of a session: no API key. */
export const signedIn: Array<Record<string, string[]>> = [{ bearer: [] }, { password: [] }, { cookie: [] }]

/** A credential in a header, which the client sends deliberately. Browsers send cookies automatically. */
export const explicitCredential: Array<Record<string, string[]>> = [{ bearer: [] }, { password: [] }, { apiKey: [] }]
