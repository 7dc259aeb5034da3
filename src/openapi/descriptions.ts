import { failureKinds } from '../errors.ts'
import { isNode, type Node, operationsOf, sorted } from './walk.ts'

/** What a status means in this API, for responses that have no description. */
const meanings: Record<string, string> = {
  200: 'Success.',
  201: 'Created.',
  204: 'Success, without content.',
  304: 'Not modified since the ETag of the request.',
  307: 'Moved: see the `Location` header.',
  400: 'The request cannot be fulfilled.',
  401: 'The credential is invalid. `WWW-Authenticate` names the problem.',
  403: 'No credential was sent, or it does not permit this operation.',
  404: 'Not found, or owned by another account.',
  409: 'The request conflicts with a rule of the server.',
  413: 'The request is too large.',
  415: 'The media type of the body is not supported.',
  422: 'Members of the request are invalid. Each one is named.',
  429: 'Too many requests. `Retry-After` says when to try again.',
  500: 'The server failed. Its log contains the `request_id`.',
  503: 'The server is busy or its database is unavailable. `Retry-After` says when to try again.'
}

/** The description that @fastify/swagger gives to a response without one. */
const NO_DESCRIPTION = 'Default Response'
const FAILURE = '#/components/schemas/Failure'
const OAUTH_FAILURE = '#/components/schemas/OAuthFailure'

/** A typical failure code of each status, for the example. */
const typicalCodes: Record<string, string> = {
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

/** The same for the endpoints of OAuth, by their errors. */
const oauthMeanings: Record<string, string> = {
  400: '`invalid_request`, `invalid_target`, `invalid_scope`, `unsupported_grant_type` or `unsupported_token_type`: ' +
    '`error_description` says what is wrong.',
  401: '`invalid_client`: the credential of the caller is missing or invalid.',
  403: '`insufficient_scope`: the credential of the caller does not permit this operation.'
}

const isOAuthFailure = (response: Node) => JSON.stringify(response['content'] ?? {}).includes(`"${OAUTH_FAILURE}"`)

const isPlainFailure = (response: Node) => JSON.stringify(response['content'] ?? {}).includes(`"${FAILURE}"`)

/** The failure response of a status, shared by all operations. */
function sharedFailure (status: string): Node {
  const code = typicalCodes[status] ?? 'internal_error'
  const example = { detail: failureKinds.get(code)?.message ?? code, code, request_id: '5f0c1a2b-1' }
  return {
    description: meanings[status],
    content: { 'application/json': { schema: { $ref: FAILURE }, example } }
  }
}

/** Describes every response, and moves failures to `components.responses`. Request bodies become required. */
export function withDescriptions<T extends object> (document: T): T {
  const { components = {} } = document as { components?: Node }
  const shared: Node = {}
  for (const { requestBody, responses } of operationsOf(document)) {
    // A route with a body validates it, and rejects an absent one.
    if (isNode(requestBody)) requestBody['required'] = true
    if (!isNode(responses)) continue
    for (const [status, response] of Object.entries(responses)) {
      if (!isNode(response)) continue
      if (isPlainFailure(response)) {
        shared[`Failure${status}`] ??= sharedFailure(status)
        responses[status] = { $ref: `#/components/responses/Failure${status}` }
      } else if (response['description'] === NO_DESCRIPTION) {
        const ofOAuth = isOAuthFailure(response) ? oauthMeanings[status] : undefined
        response['description'] = ofOAuth ?? meanings[status] ?? NO_DESCRIPTION
      }
    }
  }
  return { ...document, components: { ...components, responses: sorted(shared) } }
}
