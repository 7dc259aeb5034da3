import type { Static } from '@sinclair/typebox'
import type { Tokens } from '../../schemas/sign-in/sign-in.ts'
import type { TokenPair } from '../../services/sign-in/tokens.ts'

/** Both tokens with OAuth2's names (RFC 6749, 5.1). */
export function presentTokens ({ accessToken, refreshToken }: TokenPair): Static<typeof Tokens> {
  return { access_token: accessToken, refresh_token: refreshToken, token_type: 'bearer' }
}
