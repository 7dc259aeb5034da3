import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HashingFailed } from '../../crypto/passwords.ts'
import { TurnsBusy } from '../../crypto/turns.ts'
import { isConflict, isUnavailable, isUnstorable } from '../../db.ts'
import {
  BodyTooLarge, DatabaseUnavailable, Failure, InternalError, InvalidFields, type Limit, MalformedRequest, ServiceBusy,
  UnsupportedMediaType
} from '../../errors.ts'
import { takenFailure } from '../../services/upkeep/taken.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the failure that is the answer; empty where the answer is none. */
    failureCode: string
  }
}

/** Fastify's own refusals, by its codes or, failing that, by status. */
function fromFramework ({ code, statusCode = 500 }: FastifyError): Failure {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return new UnsupportedMediaType('Unsupported media type: send JSON')
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return new BodyTooLarge()
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new InvalidFields([{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error' }])
  }
  if (statusCode === 413) return new BodyTooLarge()
  return statusCode >= 400 && statusCode < 500 ? new MalformedRequest() : new InternalError()
}

/** What the client is told of anything that was thrown; what it is not told stays in `cause`. */
function toFailure (error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof TurnsBusy || error instanceof HashingFailed) {
    return new ServiceBusy(undefined, { retryAfterSeconds: 2, cause: error })
  }
  if (isUnavailable(error) || isConflict(error)) {
    return new DatabaseUnavailable(undefined, { retryAfterSeconds: 2, cause: error })
  }
  if (isUnstorable(error)) {
    return new MalformedRequest('The request has a text that the database cannot store', { cause: error })
  }
  if (error instanceof Error && 'statusCode' in error) {
    const failure = fromFramework(error as FastifyError) // Fastify's errors are the ones with a statusCode
    if (failure.kind.status < 500) return failure
  }
  return takenFailure(error) ?? new InternalError(undefined, { cause: error })
}

/** Langflow's member beside Retry-After: how long is always long enough. Ours never ask for more than a minute. */
const RETRY_AFTER = '60'

/** The RateLimit fields (draft-ietf-httpapi-ratelimit-headers) of a bound that was reached. */
function sendLimit ({ name, quota, windowSeconds }: Limit, leftSeconds: number, reply: FastifyReply) {
  reply.header('ratelimit-policy', `"${name}";q=${quota};w=${windowSeconds}`)
  reply.header('ratelimit', `"${name}";r=0;t=${leftSeconds}`)
}

/**
 * Sends a failure in the one shape there is: `detail`, `code`, `request_id`, sometimes `hint` and `retry_after`. Its
 * code is left in `request.failureCode` for the hooks that follow the answer.
 */
export function sendFailure (failure: Failure, request: FastifyRequest, reply: FastifyReply) {
  const { status, code, challenge } = failure.kind
  request.failureCode = code
  // The route of an asset allows caches to keep its answers; no failure is kept (RFC 9111, 5.2.2.5).
  reply.header('cache-control', 'no-store')
  if (challenge) reply.header('www-authenticate', challenge)
  if (failure.retryAfterSeconds !== undefined) reply.header('retry-after', failure.retryAfterSeconds)
  if (failure.limit) sendLimit(failure.limit, failure.retryAfterSeconds ?? 0, reply)
  if (status >= 500) request.log.error({ err: failure.cause ?? failure, code }, failure.message)
  return reply.code(status).send({
    detail: failure.detail,
    code,
    request_id: request.id,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.limit ? { retry_after: RETRY_AFTER } : {})
  })
}

/** One handler for everything that is thrown. */
export const errorsPlugin = fp(async app => {
  app.decorateRequest('failureCode', '')
  app.setErrorHandler((error, request, reply) => sendFailure(toFailure(error), request, reply))
}, { name: 'errors' })
