import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  presentApiKey, presentApiKeys, presentCreatedApiKey, toApiKeyChanges, toApiKeyRequest
} from '../../presenters/credentials/api-keys.ts'
import {
  ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList, ApiKeyParams, ApiKeyUpdate, StoreKey
} from '../../schemas/credentials/api-keys.ts'
import { anyCredential, Detail, failures } from '../../schemas/common.ts'

const tags = ['api keys']

/** API keys of the authenticated account. */
export const apiKeyRoutes: FastifyPluginAsyncTypebox = async app => {
  const { apiKeys } = app.services

  app.post('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'keys:write' },
    schema: {
      operationId: 'createApiKey',
      tags,
      summary: 'Create an API key',
      description: 'Only this response contains the key.',
      security: anyCredential,
      body: ApiKeyCreate,
      response: { 200: ApiKeyCreated, ...failures(400, 401, 403) }
    }
  }, async ({ caller, body }, reply) => {
    const created = await apiKeys.create({ userId: caller.actor.user.id, caller }, toApiKeyRequest(body))
    reply.header('location', `/api/v1/api_key/${created.row.id}`)
    return presentCreatedApiKey(created)
  })

  app.get('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'keys:read' },
    schema: {
      operationId: 'listApiKeys',
      tags,
      summary: 'List your API keys, masked',
      security: anyCredential,
      response: { 200: ApiKeyList, ...failures(401, 403) }
    }
  }, async ({ principal: { user } }) => presentApiKeys(user.id, await apiKeys.list(user.id)))

  app.patch('/:api_key_id', {
    config: { requires: 'keys:write' },
    schema: {
      operationId: 'updateApiKey',
      tags,
      summary: 'Change an API key: its name, activity or expiry',
      description: '`null` leaves a field unchanged. An expiry can be changed but not removed.',
      security: anyCredential,
      params: ApiKeyParams,
      body: ApiKeyUpdate,
      response: { 200: ApiKey, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params, body }) =>
    presentApiKey(await apiKeys.update(caller, params.api_key_id, toApiKeyChanges(body))))

  app.delete('/:api_key_id', {
    config: { requires: 'keys:write' },
    schema: {
      operationId: 'deleteApiKey',
      tags,
      summary: 'Delete an API key',
      security: anyCredential,
      params: ApiKeyParams,
      response: { 200: Detail, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params }) => {
    await apiKeys.remove(caller, caller.actor.user.id, params.api_key_id)
    return { detail: 'API Key deleted' }
  })

  app.post('/store', {
    config: { requires: 'keys:write' },
    schema: {
      operationId: 'saveStoreKey',
      tags,
      summary: 'Save your API key of Langflow\'s store, encrypted',
      security: anyCredential,
      body: StoreKey,
      response: { 200: Detail, ...failures(401, 403) }
    }
  }, async ({ principal: { user }, body }, reply) => {
    const token = await apiKeys.saveStoreKey(user.id, body.api_key)
    return reply.setStoreKeyCookie(token).send({ detail: 'API Key saved' })
  })
}
