import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from '../../errors.ts'
import { scopeChallenge } from '../../services/access/scopes.ts'

/**
 * Failures whose code is an error code of OAuth (RFC 6749, 5.2; RFC 6750, 3.1; RFC 7009, 2.2.1; RFC 8693, 2.2.2;
 * RFC 8707, 2).
 */
const named = new Set([
  'insufficient_scope', 'invalid_scope', 'invalid_target', 'unsupported_grant_type', 'unsupported_token_type'
])

/** Failures of the credential with which the client authenticates. */
const ofClient = new Set([
  'missing_credentials', 'invalid_api_key', 'expired_api_key', 'inactive_api_key', 'inactive_key_owner',
  'network_not_allowed'
])

type Answer = { status: number, error: string, challenge?: string, description?: string }

/** The challenge has the scheme that the client used (RFC 6749, 5.2; RFC 6750, 3). */
const clientChallenge = ({ headers: { authorization } }: FastifyRequest) =>
  /^bearer(?:\s|$)/i.test(authorization ?? '')
    ? 'Bearer realm="Flowgate", error="invalid_token"'
    : 'Basic realm="Flowgate"'

function answerOf ({ kind: { code, status }, challenge }: Failure, request: FastifyRequest): Answer {
  if (named.has(code)) return { status, error: code, ...challenge && { challenge } }
  if (status === 401 || ofClient.has(code)) {
    return { status: 401, error: 'invalid_client', challenge: clientChallenge(request) }
  }
  const { requires: scope } = request.routeOptions.config
  if (status === 403) {
    return {
      status,
      error: 'insufficient_scope',
      challenge: scopeChallenge(`${scope}`),
      description: `The scope ${scope} is required`
    }
  }
  if (status === 503 || status === 429) return { status, error: 'temporarily_unavailable' }
  if (status >= 500) return { status, error: 'server_error' }
  return { status: status === 422 || status === 415 ? 400 : status, error: 'invalid_request' }
}

/** The text for people, in the characters that RFC 6749, 5.2 permits. */
function descriptionOf ({ detail, message }: Failure): string {
  const text = Array.isArray(detail)
    ? detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join('; ')
    : message
  return text.replaceAll('"', "'").replace(/[^\x20-\x7e]|\\/g, '?')
}

/** Whether the error responses of an address have OAuth's form. */
export const isOAuthAddress = (url: string): boolean => url.startsWith('/oauth2/')

/** Sends a failure as `error` and `error_description` (RFC 6749, 5.2). */
export function sendOAuthFailure (failure: Failure, reply: FastifyReply): FastifyReply {
  const { status, error, challenge, description = descriptionOf(failure) } = answerOf(failure, reply.request)
  if (challenge) reply.header('www-authenticate', challenge)
  return reply.code(status).send({ error, error_description: description })
}
