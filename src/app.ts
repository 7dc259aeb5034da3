import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import type { Config } from './config.ts'
import type { Database } from './db.ts'
import { auditPlugin } from './plugins/observability/audit.ts'
import { authPlugin } from './plugins/guard/authentication.ts'
import { bodiesPlugin } from './plugins/http/bodies.ts'
import { bootPlugin } from './plugins/platform/boot.ts'
import { boundsPlugin } from './plugins/http/bounds.ts'
import { clockPlugin } from './plugins/platform/clock.ts'
import { closingPlugin } from './plugins/platform/closing.ts'
import { configPlugin } from './plugins/platform/config.ts'
import { cookiesPlugin } from './plugins/guard/cookies.ts'
import { credentialsPlugin } from './plugins/guard/credentials.ts'
import { cryptoPlugin } from './plugins/platform/crypto.ts'
import { databasePlugin } from './plugins/platform/database.ts'
import { deferralPlugin } from './plugins/platform/deferral.ts'
import { errorsPlugin } from './plugins/http/errors.ts'
import { failureCountsPlugin } from './plugins/platform/failure-counts.ts'
import { formsPlugin } from './plugins/http/forms.ts'
import { forwardedPlugin } from './plugins/guard/forwarded.ts'
import { jwtPlugin } from './plugins/platform/jwt.ts'
import { metricsPlugin } from './plugins/observability/metrics.ts'
import { notFoundPlugin } from './plugins/http/not-found.ts'
import { openapiPlugin } from './plugins/http/openapi.ts'
import { originPlugin } from './plugins/guard/origin.ts'
import { requestLogPlugin } from './plugins/observability/request-log.ts'
import { securityPlugin } from './plugins/http/security.ts'
import { serializationPlugin } from './plugins/http/serialization.ts'
import { servicesPlugin } from './plugins/platform/services.ts'
import { streamsPlugin } from './plugins/http/streams.ts'
import { tracingPlugin } from './plugins/observability/tracing.ts'
import { validationPlugin } from './plugins/http/validation.ts'
import { wireBounds, wireOptions } from './plugins/http/server-options.ts'
import { apiKeyRoutes } from './routes/credentials/api-keys.ts'
import { authRoutes } from './routes/sign-in/sign-in.ts'
import { consoleRoutes } from './routes/server/console.ts'
import { flowTransferRoutes } from './routes/content/flow-transfers.ts'
import { flowRoutes } from './routes/content/flows.ts'
import { frontEndRoutes, frontEndV2Routes } from './routes/server/front-end.ts'
import { folderRoutes, projectRoutes } from './routes/content/projects.ts'
import { healthRoutes, serviceRoutes } from './routes/server/service.ts'
import { sessionRoutes } from './routes/sign-in/sessions.ts'
import { userApiKeyRoutes } from './routes/credentials/user-api-keys.ts'
import { userRoutes } from './routes/accounts/users.ts'
import { variableRoutes } from './routes/secrets/variables.ts'
import { readTls } from './tls.ts'
import { version } from './version.ts'

/** What a test may bring instead of the real thing. */
export type AppOptions = {
  config: Config
  logger?: FastifyServerOptions['logger']
  /** An open database; unless given, the settings say which one to open. */
  database?: Database
  clock?: () => Date
  /** Called with the bare app, before any route: for hooks that watch. */
  prepare?: (app: FastifyInstance) => void
}

/** The whole service, ready to listen. What was opened before something failed is closed. */
export async function buildApp (options: AppOptions) {
  const app = createServer(options)
  try {
    await assemble(app, options)
  } catch (error) {
    await app.close().catch(() => {}) // the failure itself is what matters
    throw error
  }
  return app
}

function createServer ({ config, logger = false }: AppOptions) {
  let requests = 0
  const instance = randomBytes(4).toString('hex')
  const tls = readTls(config)
  return Fastify({
    // The bounds of wireOptions.http hold for either.
    ...(tls ? { https: { ...tls, ...wireOptions.http } } : {}),
    logger,
    // One line a request is enough, and plugins/observability/request-log.ts writes it.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: () => `${instance}-${(++requests).toString(36)}`,
    ...wireOptions,
    forceCloseConnections: 'idle',
    // Opening the database has a bound of its own (LANGFLOW_DATABASE_CONNECT_SECONDS), and a longer one.
    pluginTimeout: 0,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: wireBounds.paramLengthMax }
  })
}

/** Plugins in order, then every URL prefix. */
async function assemble (
  app: FastifyInstance, { config, database, clock, prepare }: AppOptions
): Promise<void> {
  await app.register(configPlugin, { config })
  await app.register(closingPlugin)
  await app.register(forwardedPlugin)
  await app.register(tracingPlugin)
  await app.register(metricsPlugin)
  await app.register(requestLogPlugin)
  await app.register(errorsPlugin)
  await app.register(notFoundPlugin)
  await app.register(deferralPlugin)
  await app.register(validationPlugin)
  await app.register(serializationPlugin)
  await app.register(databasePlugin, { database })
  await app.register(clockPlugin, { clock })
  await app.register(failureCountsPlugin)
  await app.register(cryptoPlugin)
  await app.register(jwtPlugin)
  await app.register(servicesPlugin)
  await app.register(bootPlugin)
  await app.register(securityPlugin)
  await app.register(bodiesPlugin)
  await app.register(formsPlugin)
  await app.register(cookiesPlugin)
  await app.register(credentialsPlugin)
  await app.register(boundsPlugin)
  await app.register(streamsPlugin)
  await app.register(originPlugin)
  await app.register(authPlugin)
  await app.register(auditPlugin)
  await app.register(openapiPlugin, { version })
  prepare?.(app)

  await app.register(healthRoutes)
  await app.register(serviceRoutes, { prefix: '/api/v1' })
  await app.register(authRoutes, { prefix: '/api/v1' })
  await app.register(sessionRoutes, { prefix: '/api/v1' })
  await app.register(userRoutes, { prefix: '/api/v1/users' })
  await app.register(apiKeyRoutes, { prefix: '/api/v1/api_key' })
  await app.register(userApiKeyRoutes, { prefix: '/api/v1' })
  await app.register(flowRoutes, { prefix: '/api/v1/flows' })
  await app.register(flowTransferRoutes, { prefix: '/api/v1/flows' })
  await app.register(projectRoutes, { prefix: '/api/v1/projects' })
  await app.register(folderRoutes, { prefix: '/api/v1/folders' })
  await app.register(frontEndRoutes, { prefix: '/api/v1' })
  await app.register(frontEndV2Routes, { prefix: '/api/v2' })
  await app.register(variableRoutes, { prefix: '/api/v1/variables' })
  await app.register(consoleRoutes)
}

export type App = Awaited<ReturnType<typeof buildApp>>
