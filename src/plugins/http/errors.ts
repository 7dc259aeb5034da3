import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HashingFailed } from '../../crypto/passwords.ts'
import { TurnsBusy } from '../../crypto/turns.ts'
import { isConflict, isUnavailable, isUnstorable } from '../../db.ts'
import {
  BodyTooLarge, DatabaseUnavailable, Failure, InternalError, type Limit, MalformedRequest, ServiceBusy,
  UnsupportedMediaType
} from '../../errors.ts'
import { notJson } from '../../json/read.ts'
import { takenFailure } from '../../services/upkeep/taken.ts'
import { isOAuthAddress, sendOAuthFailure } from '../oauth/failures.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the failure that was sent; empty if none was. */
    failureCode: string
  }
}

/** An error of Fastify as a failure. */
function fromFramework ({ code, statusCode = 500 }: FastifyError): Failure {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return new UnsupportedMediaType('Unsupported media type: send JSON')
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return new BodyTooLarge()
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return notJson(['body', 0])
  }
  if (statusCode === 413) return new BodyTooLarge()
  return statusCode >= 400 && statusCode < 500 ? new MalformedRequest() : new InternalError()
}

/** Anything that was thrown as a failure. What the client must not see stays in `cause`. */
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

/** Langflow's member beside Retry-After is a minute, which is long enough for every limit but those of API keys. */
const LANGFLOW_RETRY_SECONDS = 60

/**
 * The state of a limit (draft-ietf-httpapi-ratelimit-headers, RateLimit).
 * @param resetSeconds until the limit is reset
 */
export function sendRemaining (name: string, remaining: number, resetSeconds: number, reply: FastifyReply) {
  reply.header('ratelimit', `"${name}";r=${remaining};t=${resetSeconds}`)
}

/** The same with the policy (RateLimit-Policy). */
function sendLimit ({ name, quota, windowSeconds, remaining = 0 }: Limit, resetSeconds: number, reply: FastifyReply) {
  reply.header('ratelimit-policy', `"${name}";q=${quota};w=${windowSeconds}`)
  sendRemaining(name, remaining, resetSeconds, reply)
}

const longestWait = ({ retryAfterSeconds = 0 }: Failure) => String(Math.max(LANGFLOW_RETRY_SECONDS, retryAfterSeconds))

/**
 * Sends a failure: `detail`, `code`, `request_id`, and where known `hint` and `retry_after`; below `/oauth2` in OAuth's
 * form. `request.failureCode` keeps the code for hooks that run after the response.
 */
export function sendFailure (failure: Failure, request: FastifyRequest, reply: FastifyReply) {
  const { kind: { status, code }, challenge } = failure
  request.failureCode = code
  // Routes of assets let caches store the response. A failure must not be stored (RFC 9111, 5.2.2.5).
  reply.header('cache-control', 'no-store')
  if (failure.retryAfterSeconds !== undefined) reply.header('retry-after', failure.retryAfterSeconds)
  if (failure.limit) sendLimit(failure.limit, failure.retryAfterSeconds ?? failure.limit.windowSeconds, reply)
  if (status >= 500) request.log.error({ err: failure.cause ?? failure, code }, failure.message)
  if (isOAuthAddress(request.url)) return sendOAuthFailure(failure, reply)
  if (challenge) reply.header('www-authenticate', challenge)
  return reply.code(status).send({
    detail: failure.detail,
    code,
    request_id: request.id,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(status === 429 && failure.limit ? { retry_after: longestWait(failure) } : {})
  })
}

/** Sends everything that is thrown as a failure. */
export const errorsPlugin = fp(async app => {
  app.decorateRequest('failureCode', '')
  app.setErrorHandler((error, request, reply) => sendFailure(toFailure(error), request, reply))
}, { name: 'errors' })
