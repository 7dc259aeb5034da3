import { type Static, Type } from '@sinclair/typebox'
import { User } from '../accounts/users.ts'
import { ErrorCode, Nullable } from '../common.ts'

/** The form of OAuth2's password grant (RFC 6749, 4.3.2). */
export const LoginForm = Type.Object({
  // A byte order mark at either end is removed with the white space, so `storable` is too strict here.
  username: Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^\\u0000]*$', examples: ['ada'] }),
  password: Type.String({ minLength: 1, maxLength: 4096, examples: ['a long pass phrase'] }),
  grant_type: Type.Optional(Type.String({ pattern: '^password$' }))
}, { title: 'LoginForm' })

export const Tokens = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.String(),
  token_type: Type.Literal('bearer')
}, { title: 'Tokens' })

export const AutoLoginRefused = Type.Object({
  detail: Type.Object({
    message: Type.String(), auto_login: Type.Boolean({ description: 'Whether auto login is on.' })
  }),
  code: ErrorCode,
  request_id: Type.String(),
  hint: Type.Optional(Type.String({ description: 'How to solve the problem.' }))
}, { title: 'AutoLoginDisabled' })

export const Message = Type.Object({ message: Type.String() }, { title: 'Message' })

export const SessionState = Type.Object({
  authenticated: Type.Boolean(),
  user: Type.Unsafe<Static<typeof User> | null>({ anyOf: [User, { type: 'null' }] }),
  store_api_key: Nullable(Type.String())
}, { title: 'SessionState' })
