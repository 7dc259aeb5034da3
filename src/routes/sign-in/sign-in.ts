import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { presentTokens } from '../../presenters/sign-in/sign-in.ts'
import { AutoLoginRefused, LoginForm, Message, SessionState, Tokens } from '../../schemas/sign-in/sign-in.ts'
import { failures } from '../../schemas/common.ts'
import { presentUser } from '../../presenters/accounts/users.ts'

const tags = ['auth']

/** Sign-in, refresh and sign-out. */
export const authRoutes: FastifyPluginAsyncTypebox = async app => {
  const { autoLogin, passwordMethod, sessionTokens, signIn } = app.services

  app.register(async form => {
    form.takeFormsOnly({ multipart: true })
    form.withTypeProvider<TypeBoxTypeProvider>().post('/login', {
      config: { requires: 'nothing' },
      schema: {
        operationId: 'login',
        tags,
        summary: 'Sign in with username and password',
        description: 'OAuth2 password grant, form-encoded. The tokens are returned in the body and as cookies.',
        security: [],
        // multipart/form-data is accepted, too. It is not documented, because generators do not support two forms of
        // one body.
        consumes: ['application/x-www-form-urlencoded'],
        body: LoginForm,
        response: { 200: Tokens, ...failures(401, 403, 429) }
      },
      onRequest: app.requireOwnOrigin
    }, async (request, reply) => {
      const tokens = await signIn.runToEnd(passwordMethod, request.body, request.anonymousCaller)
      return reply.setTokenCookies(tokens).setStoreKeyCookie('').send(presentTokens(tokens))
    })
  })

  app.get('/auto_login', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'autoLogin',
      tags,
      summary: 'Sign in as the superuser, if auto login is on',
      security: [],
      response: { 200: Tokens, ...failures(), 403: AutoLoginRefused }
    },
    onRequest: app.guardAutoLogin
  }, async (request, reply) => {
    const tokens = await signIn.runToEnd(autoLogin.method, undefined, request.anonymousCaller)
    return reply.setTokenCookies(tokens, { persist: false }).setStoreKeyCookie('').send(presentTokens(tokens))
  })

  app.post('/refresh', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'refresh',
      tags,
      summary: 'Exchange the refresh token cookie for new tokens',
      security: [{ refreshCookie: [] }],
      response: { 200: Tokens, ...failures(401, 403) }
    },
    onRequest: app.requireOwnOrigin,
    onError: app.clearRefusedTokens
  }, async ({ anonymousCaller, credentials: { refreshCookies } }, reply) => {
    const tokens = await sessionTokens.refresh(refreshCookies, anonymousCaller)
    return reply.setTokenCookies(tokens).send(presentTokens(tokens))
  })

  app.post('/logout', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'logout',
      tags,
      summary: 'End the session and clear the cookies',
      description: 'Accepts any token. Without a token, only the cookies are cleared.',
      security: [{}, { bearer: [] }, { cookie: [] }, { refreshCookie: [] }],
      response: { 200: Message, ...failures(403) }
    },
    onRequest: app.requireOwnOrigin
  }, async (request, reply) => {
    await sessionTokens.logout(request.credentials, request.anonymousCaller)
    return reply.clearCookies('all').send({ message: 'Logout successful' })
  })

  app.get('/session', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readSession',
      tags,
      summary: 'Read the account of the current session',
      security: [{}, { bearer: [] }, { cookie: [] }],
      response: { 200: SessionState, ...failures() }
    }
  }, async ({ credentials: { bearer, accessCookies } }) => {
    const user = await sessionTokens.findUser(bearer === undefined ? accessCookies : [bearer])
    return { authenticated: user !== undefined, user: user ? presentUser(user) : null, store_api_key: null }
  })
}
