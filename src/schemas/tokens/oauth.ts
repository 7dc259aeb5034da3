import { type TSchema, Type } from '@sinclair/typebox'

/** Longer texts are refused without being read. No credential of this server is as long. */
const TOKEN_LENGTH_MAX = 4096

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Types of tokens (RFC 8693, 3). An API key is an access token that is not a JWT. */
export const tokenTypes = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token', jwt: 'urn:ietf:params:oauth:token-type:jwt'
} as const

const Token = (description: string) =>
  Type.String({ minLength: 1, maxLength: TOKEN_LENGTH_MAX, description, examples: ['sk-…'] })

const TokenTypeHint = Type.Optional(Type.String({
  maxLength: 200, description: 'Ignored: the token itself shows its type.', examples: ['access_token']
}))

/** RFC 7662, 2.1 */
export const IntrospectionForm = Type.Object({
  token: Token('An access token or an API key.'),
  token_type_hint: TokenTypeHint,
  client_address: Type.Optional(Type.String({
    maxLength: 64,
    description: 'The address of the client that sent the credential. Without it, an API key that is limited to ' +
      'networks is inactive.',
    examples: ['192.0.2.7']
  }))
}, { title: 'IntrospectionForm' })

/** RFC 7009, 2.1 */
export const RevocationForm = Type.Object({
  token: Token('An access token, a refresh token or an API key.'), token_type_hint: TokenTypeHint
}, { title: 'RevocationForm' })

/** RFC 8693, 2.1. Actor tokens (delegation) and `resource` are not supported. */
export const ExchangeForm = Type.Object({
  grant_type: Type.String({ minLength: 1, maxLength: 200, examples: [TOKEN_EXCHANGE] }),
  subject_token: Token('An access token or an API key.'),
  subject_token_type: Type.String({
    pattern: `^(${Object.values(tokenTypes).join('|')})$`,
    description: 'The type of `subject_token`. An API key counts as an access token.',
    examples: [tokenTypes.accessToken]
  }),
  audience: Type.String({
    minLength: 1, maxLength: 200, description: 'A service that the setting LANGFLOW_IDENTITY_AUDIENCES lists.'
  }),
  scope: Type.Optional(Type.String({
    maxLength: 1000,
    pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$',
    description: 'Scopes separated by blanks. If absent: all scopes of the credential.',
    examples: ['flows:read']
  })),
  requested_token_type: Type.Optional(Type.String({
    pattern: `^(${Object.values(tokenTypes).join('|')})$`, description: 'The response contains a JWT in any case.'
  })),
  resource: Refused('Name the service in `audience`.'),
  actor_token: Refused('Delegation is not supported.')
}, { title: 'ExchangeForm' })

/** A parameter of the specification that is not supported. Ignoring it would return another token than requested. */
function Refused (description: string): TSchema {
  return Type.Optional(Type.String({ maxLength: 0, description: `Not supported. ${description}` }))
}

const NumericDate = (description: string) =>
  Type.Optional(Type.Integer({ description: `${description}, in seconds since 1970 (RFC 7519, 2).` }))
const Text = (description: string) => Type.Optional(Type.String({ description }))

/** RFC 7662, 2.2. An invalid credential has `active` only. */
export const IntrospectionResponse = Type.Object({
  active: Type.Boolean({ description: 'Whether the credential is valid now.' }),
  scope: Text('What the credential permits, separated by blanks.'),
  username: Text('The username of the account.'),
  token_type: Text('`Bearer` for an access token. Absent for an API key.'),
  credential: Type.Optional(Type.String({ enum: ['session', 'api_key'], description: 'The kind of the credential.' })),
  sub: Text('The ID of the account.'),
  groups: Type.Optional(Type.Array(Type.String())),
  access: Text('`admin` or `editor`.'),
  exp: NumericDate('The expiry'),
  iat: NumericDate('When the token was issued'),
  auth_time: NumericDate('When the person signed in'),
  amr: Type.Optional(Type.Array(Type.String(), { description: 'How the person signed in (RFC 8176).' })),
  iss: Text('The issuer of the token.'),
  aud: Text('The audience of the token.'),
  jti: Text('The ID of the token.'),
  sid: Text('The ID of the session.')
}, { title: 'IntrospectionResponse' })

/** RFC 8693, 2.2.1 */
export const ExchangeResponse = Type.Object({
  access_token: Type.String({ description: 'The identity token: a JWT for the audience.' }),
  issued_token_type: Type.Literal(tokenTypes.jwt),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds until the token expires.' }),
  scope: Type.String({ description: 'The scopes of the token, separated by blanks.' })
}, { title: 'ExchangeResponse' })

/** RFC 7009, 2.2: the response has no content that matters. */
export const Revoked = Type.Object({}, { title: 'Revoked', description: 'Also for an invalid token.' })

/** An error of these endpoints (RFC 6749, 5.2). */
export const OAuthFailure = Type.Object({
  error: Type.String({
    enum: ['invalid_request', 'invalid_client', 'invalid_scope', 'invalid_target', 'unsupported_grant_type',
      'unsupported_token_type', 'insufficient_scope', 'temporarily_unavailable', 'server_error'],
    description: 'What went wrong, for programs.'
  }),
  error_description: Type.String({ description: 'What went wrong, for people.' })
}, { title: 'OAuthFailure' })

/** The error responses of a route below `/oauth2`. */
export const oauthFailures = (...statuses: number[]): Record<number, typeof OAuthFailure> =>
  Object.fromEntries([...new Set([400, 413, 500, 503, ...statuses])].map(status => [status, OAuthFailure]))
