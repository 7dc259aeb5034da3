import { failureKinds } from '../errors.ts'

type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** What a status means here; a schema's own description comes first. */
const meanings: Record<string, string> = {
  200: 'Done.',
  201: 'Made.',
  307: 'It is elsewhere: see `location`.',
  400: 'The request cannot be fulfilled as it is.',
  401: 'The credential is not valid; `WWW-Authenticate` says how to go on.',
  403: 'No credential was sent, or it does not allow this.',
  404: 'There is no such thing, or it is somebody else\'s.',
  409: 'It would break a rule of the server.',
  413: 'The request is too large.',
  415: 'The body is of a type that is not taken.',
  422: 'Members of the request do not fit; each is named.',
  429: 'Too often: `Retry-After` says when it goes on.',
  500: 'The server failed; its log has the `request_id`.',
  503: 'The server is busy or its database is away: `Retry-After` says when to try again.'
}

const UNSAID = 'Default Response'
const FAILURE = '#/components/schemas/Failure'

const usual: Record<string, string> = {
  400: 'malformed_request',
  401: 'expired_token',
  403: 'missing_credentials',
  404: 'user_not_found',
  409: 'last_superuser',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'database_unavailable'
}

const isPlainFailure = (response: Node) => JSON.stringify(response['content'] ?? {}).includes(`"${FAILURE}"`)

/** A failure as any operation answers it with this status. */
function sharedFailure (status: string): Node {
  const code = usual[status] ?? 'internal_error'
  const example = { detail: failureKinds.get(code)?.message ?? code, code, request_id: '5f0c1a2b-1' }
  return {
    description: meanings[status],
    content: { 'application/json': { schema: { $ref: FAILURE }, example } }
  }
}

/** Says of every answer what it means; failures are alike everywhere, and stand in one place. */
export function withDescriptions<T extends object> (document: T): T {
  const { paths = {}, components = {} } = document as { paths?: Record<string, Node>, components?: Node }
  const shared: Node = {}
  for (const path of Object.values(paths)) {
    for (const operation of Object.values(path)) {
      const responses = isNode(operation) ? operation['responses'] : undefined
      if (!isNode(responses)) continue
      for (const [status, response] of Object.entries(responses)) {
        if (!isNode(response)) continue
        if (isPlainFailure(response)) {
          shared[`Failure${status}`] ??= sharedFailure(status)
          responses[status] = { $ref: `#/components/responses/Failure${status}` }
        } else if (response['description'] === UNSAID) {
          response['description'] = meanings[status] ?? UNSAID
        }
      }
    }
  }
  const sorted = Object.fromEntries(Object.entries(shared).sort(([a], [b]) => a < b ? -1 : 1))
  return { ...document, components: { ...components, responses: sorted } }
}
