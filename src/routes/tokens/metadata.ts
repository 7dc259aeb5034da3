import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentOpenIdConfiguration, presentServerMetadata } from '../../presenters/tokens/metadata.ts'
import { Empty, failures } from '../../schemas/common.ts'
import { Jwks, OpenIdConfiguration, ServerMetadata } from '../../schemas/tokens/metadata.ts'

const tags = ['tokens']

/** Documents with which other services verify tokens. */
export const tokenMetadataRoutes: FastifyPluginAsyncTypebox = async app => {
  const { config: { publicUrl, identityAlgorithm }, scopes, services: { signingKeys } } = app
  const serverMetadata = JSON.stringify(presentServerMetadata(publicUrl, scopes))
  const openIdConfiguration = JSON.stringify(presentOpenIdConfiguration(publicUrl, scopes, identityAlgorithm))

  app.get('/jwks.json', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readJwks',
      tags,
      summary: 'Read the public keys that verify tokens (RFC 7517)',
      description: 'Empty while no token is signed with an asymmetric key.',
      security: [],
      response: { 200: Jwks, 304: Empty, ...failures() }
    }
  }, async (_, reply) => reply.sendDocument((await signingKeys.current()).jwks))

  app.get('/oauth-authorization-server', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readServerMetadata',
      tags,
      summary: 'Read the metadata of the authorization server (RFC 8414)',
      security: [],
      response: { 200: ServerMetadata, 304: Empty, ...failures() }
    }
  }, async (_, reply) => reply.sendDocument(serverMetadata))

  app.get('/openid-configuration', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readOpenIdConfiguration',
      tags,
      summary: 'Read the metadata in the format of OpenID Connect Discovery',
      description: 'For libraries that look for it. Flowgate has no authorization endpoint.',
      security: [],
      response: { 200: OpenIdConfiguration, 304: Empty, ...failures() }
    }
  }, async (_, reply) => reply.sendDocument(openIdConfiguration))
}
