import type { Static } from '@sinclair/typebox'
import { TOKEN_EXCHANGE } from '../../schemas/tokens/oauth.ts'
import type { OpenIdConfiguration, ServerMetadata } from '../../schemas/tokens/metadata.ts'

/** The claims of identity tokens. */
const claims = [
  'iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'auth_time', 'amr', 'sid', 'preferred_username', 'name', 'groups', 'access',
  'scope'
]

/** The metadata of the authorization server (RFC 8414, 2): only what exists. There is no authorization endpoint. */
export const presentServerMetadata = (issuer: string, scopes: readonly string[]): Static<typeof ServerMetadata> => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  token_endpoint: `${issuer}/oauth2/token`,
  introspection_endpoint: `${issuer}/oauth2/introspect`,
  revocation_endpoint: `${issuer}/oauth2/revoke`,
  service_documentation: `${issuer}/docs`,
  scopes_supported: [...scopes],
  response_types_supported: [],
  grant_types_supported: [TOKEN_EXCHANGE],
  // The token that is exchanged or revoked is the only credential.
  token_endpoint_auth_methods_supported: ['none'],
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
  revocation_endpoint_auth_methods_supported: ['none']
})

/** The same for OpenID Connect clients (Discovery 1.0, 3). Identity tokens are no ID tokens, but are verified alike. */
export const presentOpenIdConfiguration = (
  issuer: string, scopes: readonly string[], algorithm: string
): Static<typeof OpenIdConfiguration> => ({
  ...presentServerMetadata(issuer, scopes),
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [algorithm],
  claims_supported: claims
})
