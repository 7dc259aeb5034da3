import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import type { Config } from './config.ts'
import type { Database } from './db.ts'
import { plugins } from './plugins.ts'
import { requestLimits, serverOptions } from './plugins/http/server-options.ts'
import { createBasePathRemover } from './policy/requests/base-path.ts'
import { sentRequestId } from './policy/requests/request-ids.ts'
import { routes } from './routes.ts'
import { readTls } from './system/tls.ts'
import { version } from './version.ts'

/** Everything but `config` is for tests. */
export type AppOptions = {
  config: Config
  logger?: FastifyServerOptions['logger']
  /** An open database. By default the settings name the one to open. */
  database?: Database
  clock?: () => Date
  /** Called after the plugins and before the routes: for hooks that observe. */
  prepare?: (app: FastifyInstance) => void
}

/** Builds the service, ready to listen. If a step fails, everything opened before it is closed. */
export async function buildApp (options: AppOptions) {
  const app = createServer(options)
  try {
    await assemble(app, options)
  } catch (error) {
    await app.close().catch(() => {}) // the first failure is the cause
    throw error
  }
  return app
}

function createServer ({ config, logger = false }: AppOptions) {
  let requests = 0
  const instance = randomBytes(4).toString('hex')
  const tls = readTls(config)
  return Fastify({
    // The limits of serverOptions.http apply to HTTPS, too.
    ...(tls ? { https: { ...tls, ...serverOptions.http } } : {}),
    logger,
    // plugins/observability/request-log.ts writes one line for each request.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: ({ headers }) => sentRequestId(headers['x-request-id']) ?? `${instance}-${(++requests).toString(36)}`,
    ...serverOptions,
    ...rewriting(config),
    forceCloseConnections: 'idle',
    // Opening the database may take longer than Fastify's default. LANGFLOW_DATABASE_CONNECT_SECONDS limits it.
    pluginTimeout: 0,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: requestLimits.paramLengthMax }
  })
}

/** Serves every address below the base path, too. */
function rewriting ({ basePath }: Config): Pick<FastifyServerOptions, 'rewriteUrl'> {
  if (basePath === '') return {}
  const withoutBasePath = createBasePathRemover(basePath)
  return { rewriteUrl: ({ url = '/' }) => withoutBasePath(url) }
}

/** Registers the plugins, then the routes. */
async function assemble (app: FastifyInstance, { config, database, clock, prepare }: AppOptions): Promise<void> {
  for (const plugin of plugins) await app.register(plugin, { config, database, clock, version })
  prepare?.(app)
  for (const { group, ...options } of routes) await app.register(group, options)
}

export type App = Awaited<ReturnType<typeof buildApp>>
