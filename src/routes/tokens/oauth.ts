import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { presentExchange, presentIntrospection } from '../../presenters/tokens/oauth.ts'
import {
  ExchangeForm, ExchangeResponse, IntrospectionForm, IntrospectionResponse, oauthFailures, RevocationForm, Revoked,
  TOKEN_EXCHANGE
} from '../../schemas/tokens/oauth.ts'

const tags = ['tokens']
const consumes = ['application/x-www-form-urlencoded']

/** A form with one token, a hint and a few short parameters. */
const BODY_BYTES_MAX = 16 * 1024

/** OAuth 2.0 endpoints. Their errors have OAuth's form. */
export const oauthRoutes: FastifyPluginAsyncTypebox = async app => {
  app.takeFormsOnly({ multipart: false })
  app.takeClientCredentialsOnly()
  const form = app.withTypeProvider<TypeBoxTypeProvider>()
  const { presentedTokens } = app.services

  form.post('/introspect', {
    bodyLimit: BODY_BYTES_MAX,
    config: { requires: 'introspect' },
    schema: {
      operationId: 'introspect',
      tags,
      summary: 'Check an access token or an API key (RFC 7662)',
      description: 'For services that receive credentials. The caller authenticates with an API key: as the password ' +
        'of HTTP Basic authentication, as bearer token, or in `x-api-key`.',
      security: [{ clientBasic: [] }, { bearer: [] }, { apiKey: [] }],
      consumes,
      body: IntrospectionForm,
      response: { 200: IntrospectionResponse, ...oauthFailures(401, 403, 429) }
    }
  }, async ({ body: { token, client_address: address }, caller }) =>
    presentIntrospection(await presentedTokens.introspect(token, address, caller)))

  form.post('/revoke', {
    bodyLimit: BODY_BYTES_MAX,
    config: { requires: 'nothing' },
    schema: {
      operationId: 'revoke',
      tags,
      summary: 'Revoke an access token, a refresh token or an API key (RFC 7009)',
      description: 'Ends the session of a token, or deletes the API key. Possession of the credential suffices, so ' +
        'that a person who finds a leaked one can revoke it.',
      security: [],
      consumes,
      body: RevocationForm,
      response: { 200: Revoked, ...oauthFailures() }
    }
  }, async ({ body, anonymousCaller }) => {
    await presentedTokens.revoke(body.token, anonymousCaller)
    return {}
  })

  form.post('/token', {
    bodyLimit: BODY_BYTES_MAX,
    config: { requires: 'nothing' },
    schema: {
      operationId: 'exchangeToken',
      tags,
      summary: 'Exchange an access token or an API key for an identity token (RFC 8693)',
      description: 'The identity token is a JWT for one service, which verifies it with the keys at ' +
        '`/.well-known/jwks.json`. It is valid for at most five minutes.',
      security: [],
      consumes,
      body: ExchangeForm,
      response: { 200: ExchangeResponse, ...oauthFailures(403, 429) }
    },
    preValidation: [app.requireGrantType(TOKEN_EXCHANGE), app.requireOneAudience]
  }, async ({ body, anonymousCaller }, reply) => {
    reply.header('pragma', 'no-cache') // RFC 6749, 5.1
    const { subject_token: token, audience, scope } = body
    const issued = await presentedTokens.exchange(token, { audience, scope: scope?.split(' ') }, anonymousCaller)
    return presentExchange(issued, app.clock())
  })
}
