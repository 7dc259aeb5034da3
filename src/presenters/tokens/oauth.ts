import type { Static } from '@sinclair/typebox'
import { type ExchangeResponse, type IntrospectionResponse, tokenTypes } from '../../schemas/tokens/oauth.ts'
import type { IdentityToken } from '../../services/tokens/identity-tokens.ts'
import type { Introspection } from '../../services/tokens/presented-tokens.ts'

/** RFC 7662, 2.2. An invalid credential is only inactive, whatever the reason. */
export function presentIntrospection (found: Introspection | undefined): Static<typeof IntrospectionResponse> {
  if (!found) return { active: false }
  const { kind, user: { sub, preferred_username: username, groups, access }, scope, exp, token } = found
  return {
    active: true,
    scope,
    username,
    ...(kind === 'session' ? { token_type: 'Bearer' } : {}),
    credential: kind,
    sub,
    groups,
    access,
    ...(exp === undefined ? {} : { exp }),
    ...token
  }
}

/** RFC 8693, 2.2.1. @param now when the response is sent */
export function presentExchange (
  { token, scope, expiresAt }: IdentityToken, now: Date
): Static<typeof ExchangeResponse> {
  return {
    access_token: token,
    issued_token_type: tokenTypes.jwt,
    token_type: 'Bearer',
    expires_in: Math.max(0, Math.floor(expiresAt.getTime() / 1000) - Math.floor(now.getTime() / 1000)),
    scope: scope.join(' ')
  }
}
