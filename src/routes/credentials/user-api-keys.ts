import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentApiKeys } from '../../presenters/credentials/api-keys.ts'
import { ApiKeyList, ApiKeysDeleted, UserApiKeyParams } from '../../schemas/credentials/api-keys.ts'
import { anyCredential, failures } from '../../schemas/common.ts'
import { UserParams } from '../../schemas/accounts/users.ts'

const tags = ['api keys']

/** API keys of any account, for superusers, who can list and delete them. */
export const userApiKeyRoutes: FastifyPluginAsyncTypebox = async app => {
  const { apiKeys, users } = app.services

  app.get('/users/:user_id/api_keys', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'listUserApiKeys',
      tags,
      summary: 'List the API keys of an account, masked',
      security: anyCredential,
      params: UserParams,
      response: { 200: ApiKeyList, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params: { user_id: userId } }) => {
    await users.byId(principal, userId)
    return presentApiKeys(userId, await apiKeys.list(userId))
  })

  app.delete('/users/:user_id/api_keys', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'deleteUserApiKeys',
      tags,
      summary: 'Delete every API key of an account',
      security: anyCredential,
      params: UserParams,
      response: { 200: ApiKeysDeleted, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params: { user_id: userId } }) => {
    await users.byId(caller.actor, userId)
    return { deleted: await apiKeys.removeAll(caller, userId) }
  })

  app.delete('/users/:user_id/api_keys/:api_key_id', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'deleteUserApiKey',
      tags,
      summary: 'Delete an API key of an account',
      security: anyCredential,
      params: UserApiKeyParams,
      response: { 200: ApiKeysDeleted, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params: { user_id: userId, api_key_id: id } }) => {
    await apiKeys.remove(caller, userId, id)
    return { deleted: 1 }
  })
}
