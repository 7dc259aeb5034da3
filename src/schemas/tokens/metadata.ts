import { Type } from '@sinclair/typebox'

const Texts = Type.Array(Type.String())
const Address = Type.String({ format: 'uri' })

/** RFC 7517, 5. The members depend on the type of the key. */
export const Jwks = Type.Object({
  keys: Type.Array(Type.Object({
    kty: Type.String(), kid: Type.String(), use: Type.String(), alg: Type.String()
  }, { title: 'Jwk', additionalProperties: true }))
}, { title: 'Jwks' })

const common = {
  issuer: Address,
  jwks_uri: Address,
  token_endpoint: Address,
  introspection_endpoint: Address,
  revocation_endpoint: Address,
  service_documentation: Address,
  scopes_supported: Texts,
  response_types_supported: Texts,
  grant_types_supported: Texts,
  token_endpoint_auth_methods_supported: Texts,
  introspection_endpoint_auth_methods_supported: Texts,
  revocation_endpoint_auth_methods_supported: Texts
}

/** RFC 8414, 2 */
export const ServerMetadata = Type.Object(common, { title: 'ServerMetadata' })

/** OpenID Connect Discovery 1.0, 3 */
export const OpenIdConfiguration = Type.Object({
  ...common, subject_types_supported: Texts, id_token_signing_alg_values_supported: Texts, claims_supported: Texts
}, { title: 'OpenIdConfiguration' })
