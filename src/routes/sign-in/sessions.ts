import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, failures } from '../../schemas/common.ts'
import { presentSessions, SessionList, SessionListQuery, SessionParams, SessionsEnded } from '../../schemas/sign-in/sessions.ts'
import { UserParams } from '../../schemas/accounts/users.ts'

const tags = ['sessions']

/** Where an account is signed in, and how to end that. */
export const sessionRoutes: FastifyPluginAsyncTypebox = async app => {
  const { sessions, users } = app.services

  app.get('/sessions', {
    schema: {
      operationId: 'listSessions',
      tags,
      summary: 'Where you are signed in',
      security: anyCredential,
      querystring: SessionListQuery,
      response: { 200: SessionList, ...failures(401, 403) }
    },
    onRequest: app.authenticate
  }, async ({ principal: { user, sessionId }, query }) =>
    presentSessions(await sessions.list(user.id, query), sessionId))

  app.delete('/sessions', {
    schema: {
      operationId: 'endOtherSessions',
      tags,
      summary: 'Sign out everywhere else',
      description: 'Every session of yours ends but the one that asks; by an API key, all of them.',
      security: anyCredential,
      response: { 200: SessionsEnded, ...failures(401, 403) }
    },
    onRequest: app.authenticate
  }, async request => {
    const { user, sessionId } = request.principal
    const ended = await sessions.end(user.id, 'revoked', { except: sessionId })
    request.audit('sessions_ended', { subject: user.id, ended })
    return { ended }
  })

  app.delete('/sessions/:session_id', {
    schema: {
      operationId: 'endSession',
      tags,
      summary: 'End one of your sessions',
      security: anyCredential,
      params: SessionParams,
      response: { 200: SessionsEnded, ...failures(401, 403, 404) }
    },
    onRequest: app.authenticate
  }, async request => {
    const { principal: { user }, params } = request
    await sessions.remove(user.id, params.session_id)
    request.audit('sessions_ended', { subject: user.id, sid: params.session_id, ended: 1 })
    return { ended: 1 }
  })

  app.delete('/users/:user_id/sessions', {
    schema: {
      operationId: 'endUserSessions',
      tags,
      summary: 'End every session of an account',
      security: anyCredential,
      params: UserParams,
      response: { 200: SessionsEnded, ...failures(401, 403, 404) }
    },
    onRequest: app.requireSuperuser
  }, async request => {
    const { principal, params } = request
    await users.byId(principal, params.user_id)
    const ended = await sessions.end(params.user_id, 'revoked')
    request.audit('sessions_ended', { subject: params.user_id, ended })
    return { ended }
  })

  app.get('/users/:user_id/sessions', {
    schema: {
      operationId: 'listUserSessions',
      tags,
      summary: 'Where an account is signed in',
      security: anyCredential,
      params: UserParams,
      querystring: SessionListQuery,
      response: { 200: SessionList, ...failures(401, 403, 404) }
    },
    onRequest: app.requireSuperuser
  }, async ({ principal, params, query }) => {
    await users.byId(principal, params.user_id)
    return presentSessions(await sessions.list(params.user_id, query), principal.sessionId)
  })
}
