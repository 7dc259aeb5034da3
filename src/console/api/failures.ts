/** An error that belongs to one field of a request, or to one item of a field that is a list. */
export type Problem = { field: string, item?: number, message: string }

type Details = { status: number, code: string, problems?: Problem[], retryAfterSeconds?: number | undefined }

/** An error response, or no response. `message` is shown to users. */
export class ApiFailure extends Error {
  readonly status: number
  readonly code: string
  readonly problems: readonly Problem[]
  readonly retryAfterSeconds: number | undefined

  constructor (message: string, { status, code, problems = [], retryAfterSeconds }: Details) {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = code
    this.problems = problems
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** For requests without a response. */
export const unreachable = () =>
  new ApiFailure('The server cannot be reached. Check your connection, then try again.', {
    status: 0, code: 'unreachable'
  })

/** The server started a session, but the browser did not store its cookies. */
export function cookieNotKept (): ApiFailure {
  const isHttp = location.protocol === 'http:'
  const causes = [
    isHttp && 'Over http, browsers reject Secure cookies. Open the page over https, or set LANGFLOW_ACCESS_SECURE ' +
      'and LANGFLOW_REFRESH_SECURE to auto.',
    `LANGFLOW_COOKIE_DOMAIN, if set, must be ${location.hostname} or a parent domain.`,
    !navigator.cookieEnabled && 'Cookies are disabled in this browser.'
  ].filter(cause => cause !== false)
  return new ApiFailure(`The server signed you in, but the browser did not store the cookie. ${causes.join(' ')}`, {
    status: 200, code: 'cookie_not_kept'
  })
}

type Body = { code?: unknown, detail?: unknown, hint?: unknown }
type FieldProblem = { loc: unknown[], msg: unknown }

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isBody = (value: unknown): value is Body => isObject(value)
const isFieldProblem = (value: unknown): value is FieldProblem =>
  isObject(value) && 'loc' in value && Array.isArray(value.loc) && 'msg' in value

/** The field errors of a 422 response. */
function problemsOf (detail: unknown): Problem[] {
  if (!Array.isArray(detail)) return []
  return detail.filter(isFieldProblem).map(({ loc: [place, field = place, item], msg }) => ({
    field: String(field), message: String(msg), ...(typeof item === 'number' ? { item } : {})
  }))
}

function messageOf ({ status }: Response, { detail, hint }: Body, problems: Problem[]): string {
  const [first] = problems
  if (first) return first.message
  if (typeof detail === 'string' && status < 500) return typeof hint === 'string' ? `${detail}. ${hint}` : detail
  if (status === 503) return 'The server is busy or cannot reach its database. Try again in a moment.'
  return 'The server failed. Try again. If it fails again, look in the server log.'
}

/** Converts an error response. */
export function toFailure (response: Response, error: unknown): ApiFailure {
  const body = isBody(error) ? error : {}
  const problems = problemsOf(body.detail)
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return new ApiFailure(messageOf(response, body, problems), {
    status: response.status,
    code: typeof body.code === 'string' ? body.code : 'unknown',
    problems,
    retryAfterSeconds: Number.isNaN(seconds) ? undefined : seconds
  })
}
