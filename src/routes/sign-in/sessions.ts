import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, failures, signedIn } from '../../schemas/common.ts'
import { presentSessions } from '../../presenters/sign-in/sessions.ts'
import {
  SessionList, SessionListQuery, SessionParams, SessionsEnded, UserSessionParams
} from '../../schemas/sign-in/sessions.ts'
import { UserParams } from '../../schemas/accounts/users.ts'

const tags = ['sessions']

/** The sessions of an account. */
export const sessionRoutes: FastifyPluginAsyncTypebox = async app => {
  const { sessions, users } = app.services

  app.get('/sessions', {
    config: { requires: 'sessions:read' },
    schema: {
      operationId: 'listSessions',
      tags,
      summary: 'List your sessions',
      security: signedIn,
      querystring: SessionListQuery,
      response: { 200: SessionList, ...failures(401, 403) }
    }
  }, async ({ principal, query }, reply) => {
    const page = await sessions.list(principal.user.id, query)
    reply.linkNext({ total: page.total, ...query })
    return presentSessions(page, principal)
  })

  app.delete('/sessions', {
    config: { requires: 'sessions:write' },
    schema: {
      operationId: 'endOtherSessions',
      tags,
      summary: 'End your other sessions',
      description: 'Ends all your sessions except the current one.',
      security: signedIn,
      response: { 200: SessionsEnded, ...failures(401, 403) }
    }
  }, async ({ caller }) => ({ ended: await sessions.endOthers(caller) }))

  app.delete('/sessions/:session_id', {
    config: { requires: 'sessions:write' },
    schema: {
      operationId: 'endSession',
      tags,
      summary: 'End one of your sessions',
      security: signedIn,
      params: SessionParams,
      response: { 200: SessionsEnded, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params }) => {
    await sessions.end(caller, caller.actor.user.id, params.session_id)
    return { ended: 1 }
  })

  app.delete('/users/:user_id/sessions', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'endUserSessions',
      tags,
      summary: 'End every session of an account',
      security: anyCredential,
      params: UserParams,
      response: { 200: SessionsEnded, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params }) => {
    await users.requireAccount(params.user_id)
    return { ended: await sessions.endAll(caller, params.user_id) }
  })

  app.delete('/users/:user_id/sessions/:session_id', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'endUserSession',
      tags,
      summary: 'End one session of an account',
      security: anyCredential,
      params: UserSessionParams,
      response: { 200: SessionsEnded, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params }) => {
    await sessions.end(caller, params.user_id, params.session_id)
    return { ended: 1 }
  })

  app.get('/users/:user_id/sessions', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'listUserSessions',
      tags,
      summary: 'List the sessions of an account',
      security: anyCredential,
      params: UserParams,
      querystring: SessionListQuery,
      response: { 200: SessionList, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params, query }, reply) => {
    await users.requireAccount(params.user_id)
    const page = await sessions.list(params.user_id, query)
    reply.linkNext({ total: page.total, ...query })
    return presentSessions(page, principal)
  })
}
