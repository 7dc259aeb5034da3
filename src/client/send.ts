import { FlowgateError, retryAfterOf, toError } from './errors.ts'

/** Requests that have the same effect when they are sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

export type Fetch = (request: Request) => Promise<Response>

export type SendOptions = {
  fetch: Fetch
  /** How often a request is sent at most. */
  attemptsMax: number
  /** A longer Retry-After is not waited for. */
  waitSecondsMax: number
  /** Resolves after a time. */
  wait: (seconds: number) => Promise<void>
}

/** Waits for a promise until the signal is aborted. The promise continues for other callers. */
export function untilAborted<T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Releases the connection of a response that is not read. */
export const discard = ({ body }: Response) => { body?.cancel().catch(() => {}) }

/** Creates a function that sends requests. It waits and sends again where the server asks for it with Retry-After. */
export function createSend ({ fetch, attemptsMax, waitSecondsMax, wait }: SendOptions) {
  async function reach (request: Request): Promise<Response> {
    try {
      return await fetch(request)
    } catch (cause) {
      if (request.signal.aborted) throw request.signal.reason
      throw new FlowgateError({ status: 0, code: 'unreachable', detail: 'Flowgate is not reachable', cause })
    }
  }

  /** Seconds until the request can be sent again; undefined if the response is final. */
  function pauseAfter (response: Response, isRepeatable: boolean): number | undefined {
    if (response.status !== 429 && !(response.status === 503 && isRepeatable)) return undefined
    const seconds = retryAfterOf(response)
    return seconds !== undefined && seconds <= waitSecondsMax ? seconds : undefined
  }

  /** @param isRepeatable whether the request may be sent again although the server may have executed it */
  async function send (request: Request, isRepeatable = IDEMPOTENT.has(request.method)): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= attemptsMax
      const response = await reach(isLast ? request : request.clone())
      const seconds = isLast ? undefined : pauseAfter(response, isRepeatable)
      if (seconds === undefined) return response
      discard(response)
      await untilAborted(wait(seconds), request.signal)
    }
  }

  return {
    send,
    /** @throws FlowgateError for an error response */
    async succeed (request: Request, isRepeatable?: boolean): Promise<Response> {
      const response = await send(request, isRepeatable)
      if (!response.ok) throw await toError(response)
      return response
    }
  }
}

export type Send = ReturnType<typeof createSend>
