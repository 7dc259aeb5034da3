import type { components } from '../generated/api.ts'

/** The codes of the API. docs/errors.md lists their causes and remedies. */
export type ErrorCode = components['schemas']['ErrorCode']
/** The codes of the endpoints below `/oauth2`. */
export type OAuthErrorCode = components['schemas']['OAuthFailure']['error']
/** `unreachable`: no response. `unexpected_response`: a response that is not from Flowgate, such as a proxy's. */
export type FlowgateErrorCode = ErrorCode | OAuthErrorCode | 'unreachable' | 'unexpected_response'

/** What is wrong with one member of a request. `loc` is its place: body, query or path, then members. */
export type FieldProblem = { type: string, loc: ReadonlyArray<string | number>, msg: string }

type Members = {
  /** 0 if there was no response. */
  status: number
  code: FlowgateErrorCode
  /** What went wrong, for people. */
  detail: string
  problems?: readonly FieldProblem[]
  hint?: string | undefined
  requestId?: string | undefined
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

/** A request that failed. Decide by `code`; newer servers may send codes that this version does not list. */
export class FlowgateError extends Error {
  readonly status: number
  readonly code: FlowgateErrorCode
  readonly detail: string
  /** The invalid members of the request, with `invalid_request`. */
  readonly problems: readonly FieldProblem[]
  /** How to solve the problem. */
  readonly hint: string | undefined
  /** The ID of the request in the server's log. */
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor ({ status, code, detail, problems = [], hint, requestId, retryAfterSeconds, cause }: Members) {
    super(`${detail} (${status === 0 ? code : `${status} ${code}`})`, { cause })
    this.name = 'FlowgateError'
    this.status = status
    this.code = code
    this.detail = detail
    this.problems = problems
    this.hint = hint
    this.requestId = requestId
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Seconds to wait according to Retry-After, which is a number or a date (RFC 9110, 10.2.3). */
export function retryAfterOf ({ headers }: Response): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

const text = (value: unknown) => typeof value === 'string' ? value : undefined

function isProblem (value: unknown): value is FieldProblem {
  return typeof value === 'object' && value !== null && 'msg' in value && typeof value.msg === 'string' &&
    'loc' in value && Array.isArray(value.loc) && 'type' in value && typeof value.type === 'string'
}

/** What an error response says: the form of the API, or that of OAuth. */
function read (body: unknown): Pick<Members, 'code' | 'detail' | 'problems'> | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { code, detail, error, error_description: description }: Record<string, unknown> = { ...body }
  // Newer servers may send codes that this version does not list.
  if (typeof error === 'string') return { code: error as OAuthErrorCode, detail: text(description) ?? error }
  if (typeof code !== 'string') return undefined
  const problems = Array.isArray(detail) ? detail.filter(isProblem) : []
  const places = problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ')
  return { code: code as ErrorCode, detail: text(detail) ?? (places || code), problems }
}

/** The failure that an error response describes. */
export async function toError (response: Response): Promise<FlowgateError> {
  const { status, headers } = response
  const content = await response.text().catch(() => '')
  let body: unknown
  try { body = JSON.parse(content) } catch { /* such as the HTML of a proxy */ }
  const members = read(body) ?? { code: 'unexpected_response', detail: 'The response is not from Flowgate' } as const
  const { hint }: Record<string, unknown> = { ...Object(body) }
  return new FlowgateError({
    status,
    ...members,
    hint: text(hint),
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfterOf(response)
  })
}
