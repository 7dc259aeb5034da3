import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  AutoLoginRefused, LoginForm, Message, presentTokens, SessionState, Tokens
} from '../../schemas/sign-in/sign-in.ts'
import { failures } from '../../schemas/common.ts'
import { presentUser } from '../../schemas/accounts/users.ts'

const tags = ['auth']

type SignedIn = { userId: string, sessionId: string, superseded: number }

const signInFacts = ({ userId, sessionId, superseded }: SignedIn, method: 'password' | 'auto_login') =>
  ({ user: userId, sid: sessionId, method, ...(superseded > 0 ? { superseded } : {}) })

/** Sign-in, its end, and what lies between. */
export const authRoutes: FastifyPluginAsyncTypebox = async app => {
  const { auth } = app.services

  app.register(async form => {
    form.takeFormsOnly()
    form.withTypeProvider<TypeBoxTypeProvider>().post('/login', {
      schema: {
        operationId: 'login',
        tags,
        summary: 'Sign in with username and password',
        description: 'OAuth2 password grant, form-encoded. The tokens come in the body and as cookies.',
        security: [],
        // multipart/form-data is taken, too; two forms of one body are more than generators of clients cope with.
        consumes: ['application/x-www-form-urlencoded'],
        body: LoginForm,
        response: { 200: Tokens, ...failures(401, 403, 429) }
      },
      onRequest: app.requireOwnOrigin
    }, async (request, reply) => {
      const { body, client } = request
      const tokens = await auth.login(body.username, body.password, client)
      request.audit('sign_in', signInFacts(tokens, 'password'))
      return reply.setTokenCookies(tokens).setStoreKeyCookie('').send(presentTokens(tokens))
    })
  })

  app.get('/auto_login', {
    schema: {
      operationId: 'autoLogin',
      tags,
      summary: 'Sign in as the superuser, where auto login is on',
      security: [],
      response: { 200: Tokens, ...failures(), 403: AutoLoginRefused }
    },
    onRequest: app.guardAutoLogin
  }, async (request, reply) => {
    const tokens = await auth.autoLogin(request.client)
    request.audit('sign_in', signInFacts(tokens, 'auto_login'))
    return reply.setTokenCookies(tokens, { persist: false }).setStoreKeyCookie('').send(presentTokens(tokens))
  })

  app.post('/refresh', {
    schema: {
      operationId: 'refresh',
      tags,
      summary: 'Exchange the refresh token cookie for fresh tokens',
      security: [{ refreshCookie: [] }],
      response: { 200: Tokens, ...failures(401, 403) }
    },
    onRequest: app.requireOwnOrigin,
    onError: app.clearRefusedTokens
  }, async ({ credentials: { refreshCookies } }, reply) => {
    const tokens = await auth.refresh(refreshCookies)
    return reply.setTokenCookies(tokens).send(presentTokens(tokens))
  })

  app.post('/logout', {
    schema: {
      operationId: 'logout',
      tags,
      summary: 'End the session and clear the cookies',
      description: 'Whatever credential is sent; without one only the cookies are cleared.',
      security: [{}, { bearer: [] }, { cookie: [] }, { refreshCookie: [] }],
      response: { 200: Message, ...failures(403) }
    },
    onRequest: app.requireOwnOrigin
  }, async (request, reply) => {
    const ended = await auth.logout(request.credentials)
    for (const { sid, sub } of ended) request.audit('sign_out', { user: sub, sid })
    return reply.clearCookies('all').send({ message: 'Logout successful' })
  })

  app.get('/session', {
    schema: {
      operationId: 'readSession',
      tags,
      summary: 'Who is signed in here, if anybody',
      security: [{}, { bearer: [] }, { cookie: [] }],
      response: { 200: SessionState, ...failures() }
    }
  }, async ({ credentials: { bearer, accessCookies } }) => {
    const user = await auth.findSessionUser(bearer === undefined ? accessCookies : [bearer])
    return { authenticated: user !== undefined, user: user ? presentUser(user) : null, store_api_key: null }
  })
}
