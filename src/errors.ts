import { STATUS_CODES } from 'node:http'

/** The common properties of a kind of failure: the permanent code, the status and the default message. */
export type FailureKind = Readonly<{ code: string, status: number, message: string, challenge?: string }>

/** A rate limit: at most `quota` in a window. `remaining` defaults to 0. */
export type Limit = { name: string, quota: number, windowSeconds: number, remaining?: number }

/** The details of a single failure. */
export type FailureDetails = {
  /** The cause, for the log only. */
  cause?: unknown
  /** Seconds to wait before the next attempt (RFC 9110, 10.2.3). */
  retryAfterSeconds?: number
  /** Replaces `detail` in the response where Langflow's clients expect an object. */
  detail?: unknown
  /** The security events to record, with their facts. */
  events?: ReadonlyArray<{ event: string } & Readonly<Record<string, unknown>>>
  /** The rate limit that applies, for the RateLimit fields. */
  limit?: Limit | undefined
  /** How to solve the problem, if the message does not say it. */
  hint?: string | undefined
  /** Replaces the challenge of the kind (RFC 9110, 11.6.1). */
  challenge?: string | undefined
}

/** A failure that is sent to the client. `message` is public, `cause` is for the log. */
export class Failure extends Error {
  /** Not enumerable: the serializer of the log would take it for a nested error, and it is frozen. */
  readonly #kind: FailureKind
  readonly retryAfterSeconds: number | undefined
  readonly detail: unknown
  readonly hint: string | undefined
  readonly limit: Limit | undefined
  readonly challenge: string | undefined
  readonly events: NonNullable<FailureDetails['events']>

  constructor (kind: FailureKind, message = kind.message, details: FailureDetails = {}) {
    const { cause, retryAfterSeconds, detail, hint, limit, challenge = kind.challenge, events = [] } = details
    super(message, { cause })
    this.name = kind.code
    this.#kind = kind
    this.retryAfterSeconds = retryAfterSeconds
    this.detail = detail ?? message
    this.hint = hint
    this.limit = limit
    this.challenge = challenge
    this.events = events
  }

  get kind (): FailureKind { return this.#kind }

  /** The same failure with another hint. */
  withHint (hint: string): Failure {
    const { kind, message, cause, retryAfterSeconds, detail, limit, challenge, events } = this
    return new Failure(kind, message, {
      cause, detail, challenge, events, hint, ...(retryAfterSeconds && { retryAfterSeconds }), ...(limit && { limit })
    })
  }
}

/** Whether a credential was refused: it is invalid, or does not give the access. */
export const isRefusal = (error: unknown): error is Failure =>
  error instanceof Failure && (error.kind.status === 401 || error.kind.status === 403)

/** Every kind of failure by its code. Tests compare docs/errors.md and the OpenAPI document with it. */
export const failureKinds = new Map<string, FailureKind>()

function define (code: string, status: number, message = STATUS_CODES[status] ?? code, challenge?: string) {
  const kind: FailureKind = Object.freeze({ code, status, message, challenge })
  failureKinds.set(code, kind)
  return class extends Failure {
    constructor (message?: string, details?: FailureDetails) { super(kind, message, details) }
  }
}

/** RFC 6750, 3: the challenge has an error code only if the request had a token. */
const bare = 'Bearer'
const invalidToken = 'Bearer error="invalid_token"'

export const MissingCredentials = define('missing_credentials', 403, 'No authentication credentials provided')
export const InvalidToken = define('invalid_token', 401, 'Invalid token', invalidToken)
export const ExpiredToken = define('expired_token', 401, 'Token has expired', invalidToken)
export const WrongTokenType = define('wrong_token_type', 401, 'Invalid token type', invalidToken)
export const SessionEnded = define('session_ended', 401, 'Session has ended', invalidToken)
export const InactiveAccount = define('inactive_account', 401, 'User account is inactive', invalidToken)
export const InvalidApiKey = define('invalid_api_key', 403, 'Invalid API key')
export const ExpiredApiKey = define('expired_api_key', 403, 'Invalid API key')
export const InactiveApiKey = define('inactive_api_key', 403, 'Invalid API key')
export const InactiveKeyOwner = define('inactive_key_owner', 403, 'Invalid API key')
export const ApiKeyInQuery = define('api_key_in_query', 403,
  'API keys are not taken from the URL: send the key in the header x-api-key')
export const InvalidRefreshToken = define('invalid_refresh_token', 401, 'Invalid refresh token', bare)
export const WrongPassword = define('wrong_password', 401, 'Incorrect username or password', bare)
export const InactiveUser = define('inactive_user', 401, 'Inactive user', bare)
export const WaitingForApproval = define('waiting_for_approval', 400, 'Waiting for approval')
export const AutoLoginDisabled = define('auto_login_disabled', 403, 'Auto login is disabled.')
export const AutoLoginUnavailable = define('auto_login_unavailable', 400, "Super user hasn't been created")
export const NotSuperuser = define('not_superuser', 403, "The user doesn't have enough privileges")
export const SuperuserRequired = define('superuser_required', 403,
  'Only a superuser may promote or demote platform superusers')
export const PermissionDenied = define('permission_denied', 403, 'Permission denied')
export const ForeignOrigin = define('foreign_origin', 403,
  'The request must come from a page of this server')
export const HostNotAllowed = define('host_not_allowed', 403, 'Auto login does not answer under this host name')
export const SignupDisabled = define('signup_disabled', 403, 'Public user registration is disabled.')
export const TooManyRequests = define('too_many_requests', 429, 'Too many requests. Please try again later.')
export const SignupFull = define('signup_full', 429, 'Too many accounts are waiting for approval. Please try later.')
export const UserNotFound = define('user_not_found', 404, 'User not found')
export const UsernameTaken = define('username_taken', 400, 'This username is unavailable.')
export const SelfDeactivation = define('self_deactivation', 403, "You can't deactivate your own user account")
export const SelfDeletion = define('self_deletion', 400, "You can't delete your own user account")
export const LastSuperuser = define('last_superuser', 409,
  'The last active superuser cannot be deleted, deactivated or demoted')
export const PasswordNotHere = define('password_not_here', 400, "You can't change your password here")
export const NotOwnPassword = define('not_own_password', 404, "You can't change another user's password")
export const InteractiveOnly = define('interactive_only', 403, 'Sign in interactively to change your password')
export const WrongCurrentPassword = define('wrong_current_password', 400, 'Current password is incorrect')
export const SamePassword = define('same_password', 400, "You can't use your current password")
export const SessionNotFound = define('session_not_found', 404, 'Session not found')
export const ApiKeyNotFound = define('api_key_not_found', 404, 'API Key not found')
export const TooManyApiKeys = define('too_many_api_keys', 400, 'The account has as many API keys as it may have')
export const StrongerApiKey = define('stronger_api_key', 403, 'An API key cannot give another one more than it has')
export const InsufficientScope = define('insufficient_scope', 403, 'The API key does not have the required scope')
export const NetworkNotAllowed = define('network_not_allowed', 403, 'The API key is not accepted from this address')
export const ApiKeyLimitReached = define('api_key_limit_reached', 429, 'The rate limit of the API key is reached')
export const ApiKeyNotRotatable = define('api_key_not_rotatable', 409, 'The API key cannot be rotated')
export const PersonalAccount = define('personal_account', 409, 'The account belongs to a person')
export const ServiceAccount = define('service_account', 409, 'A service account has no password')
export const FlowNotFound = define('flow_not_found', 404, 'Flow not found')
export const NoFlowsFound = define('no_flows_found', 404, 'No flows found.')
export const FlowNameTaken = define('flow_name_taken', 400, 'Name must be unique')
export const EndpointNameTaken = define('endpoint_name_taken', 400, 'Endpoint name must be unique')
export const FlowTooLarge = define('flow_too_large', 413, 'The flow is too large')
export const TooManyFlows = define('too_many_flows', 400, 'The account has as many flows as it may have')
export const NoFileProvided = define('no_file_provided', 400, 'No file provided')
export const ProjectNotFound = define('project_not_found', 404, 'Project not found')
export const ProjectNameTaken = define('project_name_taken', 400, 'Project name must be unique')
export const TooManyProjects = define('too_many_projects', 400, 'The account has as many projects as it may have')
export const VariableNotFound = define('variable_not_found', 404, 'Variable not found')
export const VariableNameTaken = define('variable_name_taken', 400, 'Variable name already exists')
export const EmptyVariable = define('empty_variable', 400, 'Variable name and value cannot be empty')
export const TooManyVariables = define('too_many_variables', 400, 'The account has as many variables as it may have')
export const CredentialNeedsValue = define('credential_needs_value', 404,
  'A Credential becomes Generic only together with a new value')
export const UnreadableSecret = define('unreadable_secret', 409, 'The stored value cannot be read')
export const SecretReadDisabled = define('secret_read_disabled', 403,
  'Reading values is off on this server; LANGFLOW_ENABLE_SECRET_READ=true switches it on')
export const HeaderCredentialRequired = define('header_credential_required', 403,
  'Values are given to a credential in a header, not to a cookie')
export const InvalidSubjectToken = define('invalid_subject_token', 400,
  'The subject_token is not a valid access token or API key')
export const InvalidTarget = define('invalid_target', 400, 'The audience is not registered')
export const InvalidScope = define('invalid_scope', 400, 'The credential does not have this scope')
export const UnsupportedGrantType = define('unsupported_grant_type', 400, 'Only token exchange is supported')
export const UnsupportedTokenType = define('unsupported_token_type', 400,
  'An identity token cannot be revoked: end the session or delete the API key that it was issued for')
export const SignInRequired = define('sign_in_required', 401, 'Sign in to open this app', bare)
export const AccessRefused = define('access_refused', 403, 'The account may not open this address')
export const UntrustedProxy = define('untrusted_proxy', 403,
  'LANGFLOW_TRUSTED_PROXIES does not name the proxy that sent this request')
export const ForwardedHeadersMissing = define('forwarded_headers_missing', 400,
  'The proxy did not send the headers that describe the request')
export const AccessRulesMissing = define('access_rules_missing', 403,
  'No app is protected: LANGFLOW_ACCESS_RULES_FILE is not set')
export const AppNotFound = define('app_not_found', 404, 'No access rule names this host')
export const InvalidRequest = define('invalid_request', 422)
export const UnsupportedMediaType = define('unsupported_media_type', 415)
export const BodyTooLarge = define('body_too_large', 413, 'The request body is too large')
export const MalformedRequest = define('malformed_request', 400)
export const UriTooLong = define('uri_too_long', 414)
export const HeadersTooLarge = define('headers_too_large', 431)
export const RequestTimeout = define('request_timeout', 408, 'The request did not arrive in time')
export const NotFound = define('not_found', 404)
export const MethodNotAllowed = define('method_not_allowed', 405)
export const ServiceBusy = define('service_busy', 503, 'The server is busy. Please try again shortly.')
export const DatabaseUnavailable = define('database_unavailable', 503, 'The database is not available')
export const LimitsUnavailable = define('limits_unavailable', 503,
  'The store of the sign-in limits is not available')
export const Unhealthy = define('unhealthy', 500, 'The service is not healthy; see its logs')
export const InternalError = define('internal_error', 500)

/** An invalid field of a request, in FastAPI's format. */
export type FieldProblem = { type: string, loc: Array<string | number>, msg: string }

/** A request with invalid fields; lists all of them. */
export class InvalidFields extends InvalidRequest {
  readonly problems: readonly FieldProblem[]

  constructor (problems: readonly FieldProblem[]) {
    super(undefined, { detail: problems })
    this.problems = problems
  }
}

/** A member of the body that the settings require. */
export class MissingField extends InvalidFields {
  constructor (field: string) { super([{ type: 'missing', loc: ['body', field], msg: 'Field required' }]) }
}

/** A member of the body whose value breaks a rule that no schema can express. */
export class UnfitField extends InvalidFields {
  constructor (field: string, msg: string) { super([{ type: 'value_error', loc: ['body', field], msg }]) }
}

/**
 * An error that an operator must correct before Flowgate can start: `problem` describes it, `remedy` the correction.
 */
export type SetupProblem = { subject: string, problem: string, remedy: string }

/** The server cannot start. The exit code is 78 (EX_CONFIG of sysexits.h) for invalid configuration, otherwise 1. */
export class SetupError extends Error {
  readonly problems: readonly SetupProblem[]
  readonly exitCode: 1 | 78

  constructor (
    problems: readonly SetupProblem[], { exitCode = 78, cause }: { exitCode?: 1 | 78, cause?: unknown } = {}
  ) {
    super(problems.map(({ subject, problem, remedy }) => `${subject}: ${problem}\n    ${remedy}`).join('\n'), { cause })
    this.name = 'SetupError'
    this.problems = problems
    this.exitCode = exitCode
  }
}
