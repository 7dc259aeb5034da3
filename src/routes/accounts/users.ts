import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, Detail, failures, signedIn } from '../../schemas/common.ts'
import { presentRemembered, presentUser, toUserChanges, toUserPage } from '../../presenters/accounts/users.ts'
import {
  PasswordChange, User, UserCreate, UserList, UserListQuery, UserParams, UserUpdate
} from '../../schemas/accounts/users.ts'

const tags = ['users']

/** Accounts: for their owners and for superusers. */
export const userRoutes: FastifyPluginAsyncTypebox = async app => {
  const { changePassword, userLists, users } = app.services

  app.post('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'sign-up' },
    schema: {
      operationId: 'createUser',
      tags,
      summary: 'Create an account',
      description: 'Without authentication if sign-up is enabled. Otherwise superusers only.',
      security: [{}, ...anyCredential],
      body: UserCreate,
      response: { 201: User, ...failures(400, 401, 403, 429) }
    }
  }, async (request, reply) => {
    const { username, password } = request.body
    const user = await users.create(request.anyCaller, { username, password })
    return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(presentUser(user))
  })

  app.get('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'users:read' },
    schema: {
      operationId: 'listUsers',
      tags,
      summary: 'List accounts',
      security: anyCredential,
      querystring: UserListQuery,
      response: { 200: UserList, ...failures(401, 403) }
    }
  }, async ({ query }, reply) => {
    const { total, users: page } = await userLists.page(toUserPage(query))
    reply.linkNext({ total, ...query })
    return { total_count: total, users: page.map(presentUser) }
  })

  app.get('/whoami', {
    config: { requires: 'account:read' },
    schema: {
      operationId: 'whoami',
      tags,
      summary: 'Read the account of the credential',
      security: anyCredential,
      response: { 200: User, ...failures(401, 403) }
    }
  }, async ({ principal }) => presentRemembered(principal.user))

  app.get('/:user_id', {
    config: { requires: 'account:read' },
    schema: {
      operationId: 'readUser',
      tags,
      summary: 'Read an account: your own, or any as a superuser',
      security: anyCredential,
      params: UserParams,
      response: { 200: User, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params }) => presentUser(await users.byId(principal, params.user_id)))

  app.patch('/:user_id', {
    config: { requires: 'account:write' },
    schema: {
      operationId: 'updateUser',
      tags,
      summary: 'Change an account',
      description: 'Owners change the name, picture and opt-ins. Superusers change everything. ' +
        '`null` leaves a field unchanged.',
      security: anyCredential,
      params: UserParams,
      body: UserUpdate,
      response: { 200: User, ...failures(400, 401, 403, 404, 409) }
    }
  }, async ({ caller, params, body }) => {
    const { user } = await users.update(caller, params.user_id, toUserChanges(body))
    return presentUser(user)
  })

  app.patch('/:user_id/reset-password', {
    config: { requires: 'password:write' },
    schema: {
      operationId: 'changePassword',
      tags,
      summary: 'Change your own password',
      description: 'Ends every session of the account and begins a new one. Its tokens are set as cookies.',
      security: signedIn,
      params: UserParams,
      body: PasswordChange,
      response: { 200: User, ...failures(400, 401, 403, 404, 429) }
    }
  }, async ({ caller, params, body: { current_password: current, password } }, reply) => {
    const { user, tokens } = await changePassword(caller, params.user_id, { current, password })
    reply.setTokenCookies(tokens)
    return presentUser(user)
  })

  app.delete('/:user_id', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'deleteUser',
      tags,
      summary: 'Delete an account and everything it owns',
      security: anyCredential,
      params: UserParams,
      response: { 200: Detail, ...failures(400, 401, 403, 404, 409) }
    }
  }, async ({ caller, params }) => {
    await users.remove(caller, params.user_id)
    return { detail: 'User deleted' }
  })
}
