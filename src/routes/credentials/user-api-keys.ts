import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  presentApiKey, presentApiKeys, presentCreatedApiKey, presentOwnedApiKeys, presentRotatedApiKey, presentUsage,
  toApiKeyChanges, toApiKeyRequest, toKeyPage
} from '../../presenters/credentials/api-keys.ts'
import {
  ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList, ApiKeyRotated, ApiKeyRotation, ApiKeysDeleted, ApiKeyUpdate,
  ApiKeyUsage, ApiKeyUsageQuery, OwnedApiKeyList, OwnedApiKeyQuery, UserApiKeyParams
} from '../../schemas/credentials/api-keys.ts'
import { anyCredential, failures, signedIn } from '../../schemas/common.ts'
import { UserParams } from '../../schemas/accounts/users.ts'

const tags = ['api keys']

/**
 * API keys of any account, for superusers, who can list and delete them. Superusers also create, change and rotate
 * those of service accounts.
 */
export const userApiKeyRoutes: FastifyPluginAsyncTypebox = async app => {
  const { apiKeys, keyLists, serviceAccounts, users } = app.services

  app.get('/api_keys', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'listAllApiKeys',
      tags,
      summary: 'List the API keys of all accounts, masked',
      security: anyCredential,
      querystring: OwnedApiKeyQuery,
      response: { 200: OwnedApiKeyList, ...failures(401, 403) }
    }
  }, async ({ query }, reply) => {
    const page = await keyLists.page(toKeyPage(query))
    reply.linkNext({ total: page.total, ...query })
    return presentOwnedApiKeys(page)
  })

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
  }, async ({ params: { user_id: userId } }) => {
    await users.requireAccount(userId)
    return presentApiKeys(userId, await apiKeys.list(userId))
  })

  app.get('/users/:user_id/api_keys/:api_key_id/usage', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'readUserApiKeyUsage',
      tags,
      summary: 'Read the uses of an API key of an account by day',
      description: 'Updated every few seconds.',
      security: anyCredential,
      params: UserApiKeyParams,
      querystring: ApiKeyUsageQuery,
      response: { 200: ApiKeyUsage, ...failures(401, 403, 404) }
    }
  }, async ({ params: { user_id: userId, api_key_id: id }, query }) => {
    const key = await apiKeys.byId(userId, id)
    return presentUsage(key, await keyLists.usesByDay(key.id, query.days))
  })

  app.post('/users/:user_id/api_keys', {
    config: { requires: 'services:write' },
    schema: {
      operationId: 'createServiceApiKey',
      tags,
      summary: 'Create an API key of a service account',
      description: 'Only this response contains the key. 409 for the account of a person.',
      security: signedIn,
      params: UserParams,
      body: ApiKeyCreate,
      response: { 200: ApiKeyCreated, ...failures(400, 401, 403, 404, 409) }
    }
  }, async ({ caller, params: { user_id: userId }, body }, reply) => {
    const owner = await serviceAccounts.ownerById(userId)
    const created = await apiKeys.create({ owner, caller }, toApiKeyRequest(body))
    reply.header('location', `/api/v1/users/${userId}/api_keys/${created.row.id}`)
    return presentCreatedApiKey(created)
  })

  app.patch('/users/:user_id/api_keys/:api_key_id', {
    config: { requires: 'services:write' },
    schema: {
      operationId: 'updateServiceApiKey',
      tags,
      summary: 'Change an API key of a service account',
      description: '`null` leaves a field unchanged. An expiry and restrictions can be changed but not removed.',
      security: signedIn,
      params: UserApiKeyParams,
      body: ApiKeyUpdate,
      response: { 200: ApiKey, ...failures(401, 403, 404, 409) }
    }
  }, async ({ caller, params: { user_id: userId, api_key_id: id }, body }) => {
    const owner = await serviceAccounts.ownerById(userId)
    return presentApiKey(await apiKeys.update({ owner, caller }, id, toApiKeyChanges(body)))
  })

  app.post('/users/:user_id/api_keys/:api_key_id/rotate', {
    config: { requires: 'services:write' },
    schema: {
      operationId: 'rotateServiceApiKey',
      tags,
      summary: 'Replace an API key of a service account by a new one',
      description: 'The new key has the same settings and a renewed lifetime. The old one expires after the overlap. ' +
        'Only this response contains the new key.',
      security: signedIn,
      params: UserApiKeyParams,
      body: ApiKeyRotation,
      response: { 200: ApiKeyRotated, ...failures(400, 401, 403, 404, 409) }
    }
  }, async ({ caller, params: { user_id: userId, api_key_id: id }, body }) => {
    const owner = await serviceAccounts.ownerById(userId)
    return presentRotatedApiKey(await apiKeys.rotate({ owner, caller }, id, body.overlap_seconds))
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
    await users.requireAccount(userId)
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
