import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  presentApiKey, presentApiKeys, presentCreatedApiKey, presentOptions, presentRotatedApiKey, presentUsage,
  toApiKeyChanges, toApiKeyRequest
} from '../../presenters/credentials/api-keys.ts'
import {
  ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList, ApiKeyOptions, ApiKeyParams, ApiKeyRotated, ApiKeyRotation,
  ApiKeyUpdate, ApiKeyUsage, ApiKeyUsageQuery, StoreKey
} from '../../schemas/credentials/api-keys.ts'
import { anyCredential, Detail, failures } from '../../schemas/common.ts'

const tags = ['api keys']

/** API keys of the authenticated account. */
export const apiKeyRoutes: FastifyPluginAsyncTypebox = async app => {
  const { apiKeys, keyLists } = app.services

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
    const created = await apiKeys.create({ owner: caller.actor.user, caller }, toApiKeyRequest(body))
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
      summary: 'Change an API key',
      description: '`null` leaves a field unchanged. An expiry and restrictions can be changed but not removed.',
      security: anyCredential,
      params: ApiKeyParams,
      body: ApiKeyUpdate,
      response: { 200: ApiKey, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params, body }) =>
    presentApiKey(await apiKeys.update(
      { owner: caller.actor.user, caller }, params.api_key_id, toApiKeyChanges(body))))

  app.post('/:api_key_id/rotate', {
    config: { requires: 'keys:write' },
    schema: {
      operationId: 'rotateApiKey',
      tags,
      summary: 'Replace an API key by a new one',
      description: 'The new key has the same settings. The old one expires after the overlap. Only this response ' +
        'contains the new key. A signed-in user renews the lifetime; an API key, which can rotate itself and keys it ' +
        'created, keeps the expiry.',
      security: anyCredential,
      params: ApiKeyParams,
      body: ApiKeyRotation,
      response: { 200: ApiKeyRotated, ...failures(400, 401, 403, 404, 409) }
    }
  }, async ({ caller, params, body }) => presentRotatedApiKey(
    await apiKeys.rotate({ owner: caller.actor.user, caller }, params.api_key_id, body.overlap_seconds)))

  app.get('/:api_key_id/usage', {
    config: { requires: 'keys:read' },
    schema: {
      operationId: 'readApiKeyUsage',
      tags,
      summary: 'Read the uses of an API key by day',
      description: 'Updated every few seconds.',
      security: anyCredential,
      params: ApiKeyParams,
      querystring: ApiKeyUsageQuery,
      response: { 200: ApiKeyUsage, ...failures(401, 403, 404) }
    }
  }, async ({ principal: { user }, params, query }) => {
    const key = await apiKeys.byId(user.id, params.api_key_id)
    return presentUsage(key, await keyLists.usesByDay(key.id, query.days))
  })

  app.get('/options', {
    config: { requires: 'keys:read' },
    schema: {
      operationId: 'readApiKeyOptions',
      tags,
      summary: 'Read what you can choose for a new API key',
      security: anyCredential,
      response: { 200: ApiKeyOptions, ...failures(401, 403) }
    }
  }, async ({ principal, reached }) => presentOptions(principal.user, app.config.apiKeyMaxDays, reached.address))

  app.delete('/self', {
    config: { requires: 'an API key' },
    schema: {
      operationId: 'deleteOwnApiKey',
      tags,
      summary: 'Delete the API key of the request',
      description: 'For anyone who has the key, whatever its scopes, networks and rate limit: also for a person who ' +
        'found it.',
      security: [{ apiKey: [] }],
      response: { 200: Detail, ...failures(403) }
    }
  }, async ({ caller }) => {
    await apiKeys.removeSelf(caller)
    return { detail: 'API Key deleted' }
  })

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
