import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { version } from '../../version.ts'
import { anyCredential, failures } from '../../schemas/common.ts'
import { fullClientConfig, publicClientConfig } from '../../presenters/server/client-config.ts'
import { ClientConfig, Health, HealthCheck, Version } from '../../schemas/server/service.ts'

const tags = ['service']

/** The version of Langflow whose API is implemented. Clients adapt to it. */
const CONTRACT_VERSION = '1.13.0'

/** Health checks */
export const healthRoutes: FastifyPluginAsyncTypebox = async app => {
  app.get('/health', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'health',
      tags,
      summary: 'Health check of the server',
      security: [],
      response: { 200: Health, ...failures() }
    }
  }, async () => {
    await app.services.health.ready()
    return { status: 'ok' as const }
  })

  app.get('/livez', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'live',
      tags,
      summary: 'Liveness probe: the process responds',
      security: [],
      response: { 200: Health, ...failures() }
    }
  }, async () => ({ status: 'ok' as const }))

  app.get('/readyz', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'ready',
      tags,
      summary: 'Readiness probe: the database responds and the server is not shutting down',
      security: [],
      response: { 200: Health, ...failures() }
    }
  }, async () => {
    await app.services.health.ready()
    return { status: 'ok' as const }
  })

  app.get('/health_check', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'healthCheck',
      tags,
      summary: 'Health check of the server and its database',
      security: [],
      response: { 200: HealthCheck, ...failures() }
    }
  }, async () => {
    await app.services.health.check()
    return { status: 'ok' as const, chat: 'ok' as const, db: 'ok' as const }
  })
}

/** Version and configuration, which clients read first. */
export const serviceRoutes: FastifyPluginAsyncTypebox = async app => {
  const { config } = app

  app.get('/version', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readVersion',
      tags,
      summary: 'Read the versions of the API and the server',
      security: [],
      response: { 200: Version, ...failures() }
    }
  }, async () => ({
    version: CONTRACT_VERSION,
    main_version: CONTRACT_VERSION,
    package: 'Langflow',
    server: 'Flowgate',
    server_version: version
  }))

  app.get('/config', {
    config: { requires: 'nothing but valid credentials' },
    schema: {
      operationId: 'readConfig',
      tags,
      summary: 'Read the configuration for front ends',
      security: [{}, ...anyCredential],
      response: { 200: ClientConfig, ...failures(401, 403) }
    }
  }, async ({ optionalPrincipal }) => ({
    ...(optionalPrincipal ? fullClientConfig : publicClientConfig),
    auto_login: config.autoLogin,
    signup_enabled: config.signupEnabled
  }))
}
