import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import type { Config } from './config.ts'
import type { Database } from './db.ts'
import { auditPlugin } from './plugins/audit.ts'
import { authPlugin } from './plugins/auth.ts'
import { bodiesPlugin } from './plugins/bodies.ts'
import { bootPlugin } from './plugins/boot.ts'
import { boundsPlugin } from './plugins/bounds.ts'
import { clockPlugin } from './plugins/clock.ts'
import { closingPlugin } from './plugins/closing.ts'
import { configPlugin } from './plugins/config.ts'
import { cookiesPlugin } from './plugins/cookies.ts'
import { credentialsPlugin } from './plugins/credentials.ts'
import { cryptoPlugin } from './plugins/crypto.ts'
import { databasePlugin } from './plugins/database.ts'
import { deferralPlugin } from './plugins/deferral.ts'
import { errorsPlugin } from './plugins/errors.ts'
import { failureCountsPlugin } from './plugins/failure-counts.ts'
import { formsPlugin } from './plugins/forms.ts'
import { forwardedPlugin } from './plugins/forwarded.ts'
import { jwtPlugin } from './plugins/jwt.ts'
import { metricsPlugin } from './plugins/metrics.ts'
import { notFoundPlugin } from './plugins/not-found.ts'
import { openapiPlugin } from './plugins/openapi.ts'
import { originPlugin } from './plugins/origin.ts'
import { requestLogPlugin } from './plugins/request-log.ts'
import { securityPlugin } from './plugins/security.ts'
import { serializationPlugin } from './plugins/serialization.ts'
import { servicesPlugin } from './plugins/services.ts'
import { streamsPlugin } from './plugins/streams.ts'
import { tracingPlugin } from './plugins/tracing.ts'
import { validationPlugin } from './plugins/validation.ts'
import { wireBounds, wireOptions } from './plugins/wire.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { authRoutes } from './routes/auth.ts'
import { consoleRoutes } from './routes/console.ts'
import { flowTransferRoutes } from './routes/flow-transfers.ts'
import { flowRoutes } from './routes/flows.ts'
import { frontEndRoutes, frontEndV2Routes } from './routes/front-end.ts'
import { folderRoutes, projectRoutes } from './routes/projects.ts'
import { healthRoutes, serviceRoutes } from './routes/service.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { userApiKeyRoutes } from './routes/user-api-keys.ts'
import { userRoutes } from './routes/users.ts'
import { variableRoutes } from './routes/variables.ts'
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
    // One line a request is enough, and plugins/request-log.ts writes it.
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
