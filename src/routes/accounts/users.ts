import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, Detail, failures } from '../../schemas/common.ts'
import {
  PasswordChange, presentRemembered, presentUser, toUserChanges, toUserPage, User, UserCreate, UserList, UserListQuery,
  UserParams, UserUpdate
} from '../../schemas/accounts/users.ts'

const tags = ['users']

/** Accounts: for their owners and for superusers. */
export const userRoutes: FastifyPluginAsyncTypebox = async app => {
  const { auth, userLists, users } = app.services

  app.post('/', {
    prefixTrailingSlash: 'slash',
    schema: {
      operationId: 'createUser',
      tags,
      summary: 'Create an account, or ask for one',
      description: 'Open to strangers where sign-up is; otherwise for superusers.',
      security: [{}, ...anyCredential],
      body: UserCreate,
      response: { 201: User, ...failures(400, 401, 403, 429) }
    },
    onRequest: app.allowSignup
  }, async (request, reply) => {
    const { username, password } = request.body
    const principal = request.optionalPrincipal
    const by = principal?.user.isSuperuser ? principal : undefined
    const user = await users.create(username, password, { by, address: request.client.address })
    request.audit('user_created', { subject: user.id, is_active: user.isActive })
    return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(presentUser(user))
  })

  app.get('/', {
    prefixTrailingSlash: 'slash',
    schema: {
      operationId: 'listUsers',
      tags,
      summary: 'List accounts, a page at a time',
      security: anyCredential,
      querystring: UserListQuery,
      response: { 200: UserList, ...failures(401, 403) }
    },
    onRequest: app.requireSuperuser
  }, async ({ query }) => {
    const { total, users: page } = await userLists.page(toUserPage(query))
    return { total_count: total, users: page.map(presentUser) }
  })

  app.get('/whoami', {
    schema: {
      operationId: 'whoami',
      tags,
      summary: 'The account the request acts as',
      security: anyCredential,
      response: { 200: User, ...failures(401, 403) }
    },
    onRequest: app.authenticate
  }, async ({ principal }) => presentRemembered(principal.user))

  app.get('/:user_id', {
    schema: {
      operationId: 'readUser',
      tags,
      summary: 'One account: your own, or any for a superuser',
      security: anyCredential,
      params: UserParams,
      response: { 200: User, ...failures(401, 403, 404) }
    },
    onRequest: app.authenticate
  }, async ({ principal, params }) => presentUser(await users.byId(principal, params.user_id)))

  app.patch('/:user_id', {
    schema: {
      operationId: 'updateUser',
      tags,
      summary: 'Change an account',
      description: 'Name, picture and opt-ins are the owner\'s; everything else is a superuser\'s. Null leaves alone.',
      security: anyCredential,
      params: UserParams,
      body: UserUpdate,
      response: { 200: User, ...failures(400, 401, 403, 404, 409) }
    },
    onRequest: app.authenticate
  }, async request => {
    const { principal, params, body } = request
    const { user, events, keysDisabled } = await users.update(principal, params.user_id, toUserChanges(body))
    for (const event of events) {
      request.audit(event, {
        subject: user.id,
        is_superuser: user.isSuperuser,
        ...(event === 'password_reset' ? { api_keys_disabled: keysDisabled } : {})
      })
    }
    return presentUser(user)
  })

  app.patch('/:user_id/reset-password', {
    schema: {
      operationId: 'changePassword',
      tags,
      summary: 'Change your own password',
      description: 'Ends every session of the account and begins a new one, whose tokens are set as cookies.',
      security: anyCredential,
      params: UserParams,
      body: PasswordChange,
      response: { 200: User, ...failures(400, 401, 403, 404, 429) }
    },
    onRequest: app.authenticate
  }, async (request, reply) => {
    const { principal, params, body, client } = request
    const { user, tokens } = await auth.changePassword(
      principal, params.user_id, body.current_password, body.password, client)
    request.audit('password_changed', { sid: tokens.sessionId })
    reply.setTokenCookies(tokens)
    return presentUser(user)
  })

  app.delete('/:user_id', {
    schema: {
      operationId: 'deleteUser',
      tags,
      summary: 'Delete an account and all that it owns',
      security: anyCredential,
      params: UserParams,
      response: { 200: Detail, ...failures(400, 401, 403, 404, 409) }
    },
    onRequest: app.requireSuperuser
  }, async request => {
    await users.remove(request.principal, request.params.user_id)
    request.audit('user_deleted', { subject: request.params.user_id })
    return { detail: 'User deleted' }
  })
}
